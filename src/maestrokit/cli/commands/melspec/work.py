"""The work of ``maestrokit melspec`` on one recording: one output, or one for each copy."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from maestrokit.audio.effects.augment import Augmentation, Effects, Span, applied, sample_effects
from maestrokit.audio.effects.midi import moved
from maestrokit.audio.resample import equal_blocks
from maestrokit.audio.spectra.frames import Samples, analyse, analyse_stream
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.cli.batch import Notes
from maestrokit.cli.losses import Loss, large_losses
from maestrokit.cli.options import Inputs, Outputs
from maestrokit.cli.performances import read_performance, write_performance
from maestrokit.cli.plan import Task
from maestrokit.errors import BadDataError, NoInputError, UsageError
from maestrokit.files import formats, streams
from maestrokit.files.arrays import dump_arrays
from maestrokit.files.sound.read import SoundStream, open_sound, read_sound
from maestrokit.files.sound.spectra import FREQUENCY, SPECTRUM, TIME, write_spectrum
from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.provenance import extended, is_command_line


@dataclass(frozen=True)
class Spectrogram:
    """What is asked of every input; a class, so that other processes can be given it."""

    settings: SpectrumSettings
    augmentation: Augmentation
    room: str | None
    """An impulse response to use in place of synthetic rooms."""
    copies: int | None
    seed: int
    has_midi: bool
    """Whether the MIDI file beside each recording is moved with it."""
    chunk_seconds: float | None
    suffix: str
    repair: bool
    made_by: str | None

    def __call__(self, task: Task) -> Notes:
        """Read the source and write its targets; return what was done in words."""
        source = streams.read_bytes(task.source) if task.source == streams.STANDARD else task.source
        performance = self._paired_performance(task.source) if self.has_midi else None
        if self.chunk_seconds is not None:
            return Notes((self._stream(source, task.target),))
        with open_sound(source, repair=self.repair) as stream:  # once: a pipe has nothing to give a second time
            chain = _chain(stream)
            samples = stream.whole(sample_rate=self.settings.sample_rate)
        done, dropped = [], 0
        for number, target in enumerate(self.targets(task.target)):
            effects = self._effects(task.relative, number)
            varied = self._varied(samples, effects)
            self._write(varied, effects, target, chain)
            done.append(f"{target}: {len(varied) / self.settings.sample_rate:.2f} s {effects.described() or ''}")
            if performance is not None:
                beside = moved(performance, effects)
                write_performance(beside, _midi_beside(target), made_by=self.made_by)
                dropped = max(dropped, len(performance.notes) - len(beside.notes))
        notes = 0 if performance is None else len(performance.notes)
        loss = Loss(dropped, notes, "of the MIDI file left the piano", "use a narrower --pitch-shift")
        return Notes(tuple(done), tuple(large_losses(loss)))

    @property
    def is_picture(self) -> bool:
        """Whether the outputs are pictures, not arrays."""
        return self.suffix in formats.PICTURE.suffixes

    @property
    def is_varied(self) -> bool:
        """Whether anything but the recording itself is analysed."""
        return not self.augmentation.is_nothing or self.room is not None

    def targets(self, target: str) -> list[str]:
        """Return the files that an output becomes: itself, or ``take.1.npz``, ``take.2.npz`` .. for copies."""
        if self.copies is None:
            return [target]
        path = PurePath(target)
        return [str(path.with_name(f"{path.stem}.{number}{path.suffix}")) for number in range(1, self.copies + 1)]

    def _effects(self, relative: str, number: int) -> Effects:
        """Draw from the seed, the place of the input and the number of the copy, and from nothing else."""
        place = zlib.crc32(relative.encode("utf-8", "surrogateescape"))
        return sample_effects(self.augmentation, np.random.default_rng([self.seed, place, number]))

    def _varied(self, samples: Samples, effects: Effects) -> Samples:
        response = None
        rate = self.settings.sample_rate
        if self.room is not None:
            response = read_sound(self.room, sample_rate=rate).samples
        return applied(samples, effects, sample_rate=rate, response=response)

    def _write(self, samples: Samples, effects: Effects, target: str, chain: list[str]) -> None:
        settings, analysis = self.settings, self.settings.analysis()
        spectrum = analyse(samples, analysis)
        if self.is_picture:
            from maestrokit.plots.spectrum import spectrum_picture

            picture = spectrum_picture(
                settings.decibels(spectrum),
                frequency=analysis.frequency,
                frames_per_second=settings.frames_per_second,
                is_linear=settings.kind in ("stft", "power"),
                format=self.suffix.removeprefix("."),
                provenance=self._metadata(effects, chain).get("provenance", ()),
            )
            streams.write_bytes(target, picture)
            return
        time = np.arange(len(spectrum)) / settings.frames_per_second
        arrays: dict[str, Any] = {SPECTRUM: spectrum}
        if self.suffix != ".npy":
            arrays |= {FREQUENCY: analysis.frequency, TIME: time}
        metadata = self._metadata(effects, chain)
        streams.write_bytes(target, dump_arrays(arrays, suffix=self.suffix, metadata=metadata))

    def _stream(self, source: str | bytes, target: str) -> str:
        """Write the spectrum of a recording of any length."""
        analysis, rate = self.settings.analysis(), self.settings.sample_rate
        assert self.chunk_seconds is not None
        with open_sound(source, repair=self.repair) as stream:
            chunks: Iterator[Any] = equal_blocks(
                stream.blocks(sample_rate=rate), max(1, round(self.chunk_seconds * rate))
            )
            frames = write_spectrum(
                target,
                analyse_stream(chunks, analysis),
                suffix=self.suffix,
                frequency=analysis.frequency,
                frames_per_second=self.settings.frames_per_second,
                metadata=self._metadata(Effects(), _chain(stream)),
            )
        return f"{target}: {frames} frames"

    def _metadata(self, effects: Effects, chain: list[str]) -> dict[str, Any]:
        metadata: dict[str, Any] = {"settings": self.settings.described()}
        if self.is_varied:
            metadata["augmentation"] = effects.described()
        if self.made_by is not None:
            metadata["provenance"] = extended(chain, self.made_by)
        return metadata

    def _paired_performance(self, source: str) -> Any:
        for suffix in MIDI_SUFFIXES:
            beside = Path(source).with_suffix(suffix)
            if beside.exists():
                return read_performance(str(beside), repair=self.repair)
        raise NoInputError(f"no MIDI file beside '{source}'", "it must have the same name, and end in .mid or .midi")


def drawing(equalise: float | None, **spans: str | None) -> Augmentation:
    """Return what is drawn, from the words of the options, each given by its name.

    Raises
    ------
    UsageError
        If an option is no range.
    """
    ranges: dict[str, Any] = {
        name: parse_span(text, option=f"--{name.replace('_', '-')}") for name, text in spans.items()
    }
    return Augmentation(equalise=equalise, **ranges)


def spectrum_suffix(format_: str | None, outputs: Outputs) -> str:
    """Return the suffix of the outputs: as asked, or that of the output's name.

    Raises
    ------
    UsageError
        If spectra are not written so.
    """
    return f".{formats.chosen_format(format_, outputs.output, formats.SPECTRUM, default='npz')}"


def check_combination(work: Spectrogram, inputs: Inputs, outputs: Outputs) -> None:
    """Raise UsageError if options do not go together."""
    chunks, copies, has_midi = work.chunk_seconds, work.copies, work.has_midi
    if chunks is not None and (work.is_varied or work.is_picture or copies is not None or has_midi):
        raise UsageError("--chunks goes with plain arrays only", "pictures and variations need the whole recording")
    to_standard_output = outputs.directory is None and outputs.output in (None, "-")
    if copies is not None and not work.is_varied:
        raise UsageError("--copies without anything to draw would be all the same", "add --pitch-shift or another one")
    if (copies is not None or has_midi) and to_standard_output:
        raise UsageError("several outputs need names", "use -o FILE or -d DIR")
    if has_midi and "-" in (inputs.inputs or []):
        raise UsageError("--midi looks beside a file, and standard input has no place", "name the recording")


def parse_span(text: str | None, *, option: str) -> Span | None:
    """Return the two ends of ``LOW..HIGH``, or of one number twice; None of None.

    Raises
    ------
    UsageError
        If it is not written so, or falls.

    >>> parse_span("-0.5..2", option="--pitch-shift")
    (-0.5, 2.0)
    """
    if text is None:
        return None
    low, _, high = text.partition("..")
    try:
        ends = float(low), float(high or low)
    except ValueError:
        raise UsageError(f"{option} '{text}' is no range of numbers", f"write it as {option}=LOW..HIGH") from None
    if not -np.inf < ends[0] <= ends[1] < np.inf:
        raise UsageError(f"{option} '{text}' is no range of numbers", "the lower bound comes first")
    return ends


def check_room(path: str | None, sample_rate: int) -> None:
    """Raise BadDataError if an impulse response is given and cannot be read, or is silent."""
    if path is not None and not read_sound(path, sample_rate=sample_rate).samples.any():
        raise BadDataError(f"'{path}' is silent, and no impulse response", "record a clap or a sweep in a room")


def _chain(stream: SoundStream) -> list[str]:
    """Return the commands that made a recording, as its comment tells them."""
    return [line for line in stream.comment.splitlines() if is_command_line(line)]


def _midi_beside(target: str) -> str:
    return str(PurePath(target).with_suffix(".mid"))
