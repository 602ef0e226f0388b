"""The work of ``maestrokit melspec`` on one recording: one output, or one for each copy."""

import zlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from maestrokit.audio.effects.augment import Augmentation, Effects, applied, sample_effects
from maestrokit.audio.resample import equal_blocks
from maestrokit.audio.spectra.frames import Samples, analyse, analyse_stream
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.cli.batch import Messages
from maestrokit.cli.commands.melspec.midi import midi_beside, midi_of, midi_target, moved_notes
from maestrokit.cli.performances import Loss, large_losses, read_performance, write_performance
from maestrokit.cli.planning import Task
from maestrokit.cli.report import counted
from maestrokit.files import formats, streams
from maestrokit.files.arrays import dump_arrays
from maestrokit.files.sound.read import open_sound, read_sound
from maestrokit.files.sound.spectra import FREQUENCY, SPECTRUM, TIME, write_spectrum
from maestrokit.provenance import command_lines, extended


@dataclass(frozen=True)
class Spectrogram:
    """How every input is analysed; a class, so that it can be sent to other processes."""

    settings: SpectrumSettings
    augmentation: Augmentation
    impulse_response: str | None
    """An impulse response to use in place of synthetic rooms."""
    copies: int | None
    seed: int
    has_midi: bool
    """Whether the MIDI file beside each recording is moved with it."""
    chunk_seconds: float | None
    suffix: str
    repair: bool
    made_by: str | None

    def __call__(self, task: Task) -> Messages:
        """Read the source and write its targets; return what was done in words."""
        source = streams.read_bytes(task.source) if task.source == streams.STANDARD else task.source
        midi = midi_of(task.source) if self.has_midi else None
        performance = None if midi is None else read_performance(midi, repair=self.repair)
        if self.chunk_seconds is not None:
            return Messages((self._stream(source, task.target, self.chunk_seconds),))
        with open_sound(source, repair=self.repair) as stream:  # once: a pipe cannot be read again
            chain = command_lines(stream.comment)
            samples = stream.whole(sample_rate=self.settings.sample_rate)
        done, dropped = [], 0
        for number, target in enumerate(self.targets(task.target)):
            effects = self._effects(task.relative, number)
            augmented = self._augmented(samples, effects)
            self._write(augmented, effects, target, chain)
            done.append(f"{target}: {len(augmented) / self.settings.sample_rate:.2f} s {effects.described() or ''}")
            if performance is not None and midi is not None:
                transformed = moved_notes(performance, effects, midi)
                write_performance(transformed, midi_target(target), made_by=self.made_by)
                dropped = max(dropped, len(performance.notes) - len(transformed.notes))
        notes = 0 if performance is None else len(performance.notes)
        loss = Loss(dropped, notes, "of the MIDI file left the piano", "use a narrower --pitch-shift")
        return Messages(tuple(done), tuple(large_losses(loss)))

    @property
    def is_picture(self) -> bool:
        """Whether the outputs are pictures, not arrays."""
        return self.suffix in formats.PICTURE.suffixes

    @property
    def is_augmented(self) -> bool:
        """Whether anything but the recording itself is analysed."""
        return not self.augmentation.is_nothing or self.impulse_response is not None

    def targets(self, target: str) -> list[str]:
        """Return the files that an output becomes: itself, or ``take.1.npz``, ``take.2.npz`` .. for copies."""
        if self.copies is None:
            return [target]
        path = PurePath(target)
        return [str(path.with_name(f"{path.stem}.{number}{path.suffix}")) for number in range(1, self.copies + 1)]

    def files(self, target: str) -> list[str]:
        """Return all files that are written for an output: its targets, and the MIDI file beside each."""
        targets = self.targets(target)
        return [*targets, *(midi_target(path) for path in targets if self.has_midi)]

    def read_for(self, source: str) -> list[str]:
        """Return the files that are read beside a recording: the MIDI file, and the impulse response."""
        beside = midi_beside(source) if self.has_midi else []
        return [*beside, *([] if self.impulse_response is None else [self.impulse_response])]

    def _effects(self, relative: str, number: int) -> Effects:
        """Sample effects from the seed, the relative path of the input and the number of the copy only."""
        key = zlib.crc32(relative.encode("utf-8", "surrogateescape"))
        return sample_effects(self.augmentation, np.random.default_rng([self.seed, key, number]))

    def _augmented(self, samples: Samples, effects: Effects) -> Samples:
        rate, path = self.settings.sample_rate, self.impulse_response
        response = None if path is None else read_sound(path, sample_rate=rate).samples
        return applied(samples, effects, sample_rate=rate, response=response)

    def _write(self, samples: Samples, effects: Effects, target: str, chain: list[str]) -> None:
        settings, analysis = self.settings, self.settings.analysis()
        metadata = self._metadata(effects, chain)
        spectrum = analyse(samples, analysis)
        if self.is_picture:
            from maestrokit.plots.spectrum import spectrum_picture

            picture = spectrum_picture(
                settings.decibels(spectrum), frequency=analysis.frequency,
                frames_per_second=settings.frames_per_second, is_linear=settings.kind in ("stft", "power"),
                format=self.suffix.removeprefix("."), provenance=metadata.get("provenance", ()),
            )  # fmt: skip
            streams.write_bytes(target, picture)
            return
        arrays: dict[str, Any] = {SPECTRUM: spectrum}
        if self.suffix != ".npy":
            time = np.arange(len(spectrum)) / settings.frames_per_second
            arrays |= {FREQUENCY: analysis.frequency, TIME: time}
        streams.write_bytes(target, dump_arrays(arrays, suffix=self.suffix, metadata=metadata))

    def _stream(self, source: str | bytes, target: str, seconds: float) -> str:
        """Write the spectrum of a recording of any length."""
        analysis, rate = self.settings.analysis(), self.settings.sample_rate
        with open_sound(source, repair=self.repair) as stream:
            metadata = self._metadata(Effects(), command_lines(stream.comment))
            chunks = equal_blocks(stream.blocks(sample_rate=rate), max(1, round(rate * seconds)))
            frames = write_spectrum(
                target, analyse_stream(chunks, analysis), suffix=self.suffix, frequency=analysis.frequency,
                frames_per_second=self.settings.frames_per_second, metadata=metadata,
            )  # fmt: skip
        return f"{target}: {counted(frames, 'frame')}"

    def _metadata(self, effects: Effects, chain: list[str]) -> dict[str, Any]:
        metadata: dict[str, Any] = {"settings": self.settings.described()}
        if self.is_augmented:
            metadata["augmentation"] = effects.described()
        if self.made_by is not None:
            metadata["provenance"] = extended(chain, self.made_by)
        return metadata
