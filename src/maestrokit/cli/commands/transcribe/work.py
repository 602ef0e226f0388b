"""The work of ``maestrokit transcribe`` on one recording."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from maestrokit.audio.spectra.frames import Samples
from maestrokit.audio.spectra.thumbnail import Overview
from maestrokit.cli.performances import midi_bytes
from maestrokit.cli.plan import Task
from maestrokit.errors import UsageError
from maestrokit.files import streams
from maestrokit.files.arrays import dump_arrays
from maestrokit.files.formats import PICTURE, format_by_name
from maestrokit.files.note_tables import dump_notes
from maestrokit.files.sound.read import open_sound
from maestrokit.inference.performance import tracked_transcript, transcript
from maestrokit.inference.transcription import (
    FRAME_SECONDS,
    FramePosteriors,
    StreamingDecoder,
    Transcriber,
    Transcript,
    loudness_meter,
    posteriors_of_levels,
    read_transcriber,
    spectrum_levels,
)
from maestrokit.music.pedalling import reconcile_with_pedal, with_key_releases
from maestrokit.music.performance import TIME_SIGNATURE
from maestrokit.music.piano_range import LOWEST_PITCH
from maestrokit.music.provenance_events import with_command
from maestrokit.provenance import extended, is_command_line

TRACK = "track"  # in place of a tempo: to be found in the notes


@dataclass(frozen=True)
class TranscriptionSummary:
    """How much was found in a recording."""

    notes: int
    seconds: float
    quiet: float
    """Seconds below the listen level."""
    doubtful: float
    """Seconds of what is no piano, as it seems."""
    beats: int | None = None
    """None if nobody asked."""
    has_meter: bool = False


@dataclass(frozen=True)
class TranscribeOptions:
    """What is asked of every input; None leaves it to the model."""

    format: str = "mid"
    onset_threshold: float | None = None
    shortest: float | None = None
    pedal: str | None = None
    tempo: float | str | None = None
    """Beats a minute, or ``track``."""
    listen_level: float | None = None
    listen_certainty: float | None = None
    plot: str | None = None


@dataclass(frozen=True)
class Transcription:
    """The work on one input; a class, so that other processes can be given it."""

    folder: str
    asked: TranscribeOptions
    threads: int
    repair: bool
    made_by: str | None

    def check(self) -> None:
        """Raise the error of an unusable model or option, before any work."""
        format_by_name(self.asked.plot, PICTURE)
        transcriber = self._transcriber()
        if self.asked.pedal in ("cc64", "none") and not transcriber.hears_pedal:
            name = PurePath(self.folder).name
            raise UsageError(f"the model '{name}' does not hear the pedal", "use --pedal extend, or another model")

    def __call__(self, task: Task) -> TranscriptionSummary:
        """Read the recording and write its notes."""
        transcriber = self._transcriber()
        scribe, loudness, kept = (
            StreamingDecoder(transcriber),
            loudness_meter(transcriber),
            _Kept(transcriber, self.asked),
        )
        source = streams.read_bytes(task.source) if task.source == streams.STANDARD else task.source
        with open_sound(source, repair=self.repair) as stream:
            chain = [line for line in stream.comment.splitlines() if is_command_line(line)]
            blocks = kept.samples(stream.blocks(sample_rate=transcriber.sample_rate))
            levels = kept.levels(spectrum_levels(loudness.through(blocks), transcriber))
            for said in posteriors_of_levels(levels, transcriber):
                scribe.feed(said, loudness.levels(len(said.pedal)))
                kept.said(said)
        result = self._pedalled(scribe.finish(), transcriber)
        lines = [] if self.made_by is None else extended(chain, self.made_by)
        if self.asked.plot:
            from maestrokit.plots.transcript import transcript_picture

            assert kept.overview is not None
            title = "standard input" if task.source == streams.STANDARD else PurePath(task.source).name
            picture = transcript_picture(
                *result, kept.overview, seconds=kept.seconds, title=title,
                format=format_by_name(self.asked.plot, PICTURE) or "png", provenance=lines,
            )  # fmt: skip
            streams.write_bytes(self.asked.plot, picture)
        found = TranscriptionSummary(len(result.notes.onset), kept.seconds, *scribe.gate.passed_over)
        data, found = self._written(result, kept, lines, found, task.target)
        streams.write_bytes(task.target, data)
        return found

    def _transcriber(self) -> Transcriber:
        asked, read = self.asked, loaded(self.folder, self.threads)
        decoding, listening = read.decoding, read.listening
        if asked.onset_threshold is not None:
            restrike = max(decoding.restrike_threshold, asked.onset_threshold)
            decoding = replace(decoding, onset_threshold=asked.onset_threshold, restrike_threshold=restrike)
        if asked.shortest is not None:
            decoding = replace(decoding, shortest=asked.shortest)
        if asked.listen_level is not None:
            listening = replace(listening, level=asked.listen_level)
        if asked.listen_certainty is not None:
            listening = replace(listening, certainty=asked.listen_certainty)
        return replace(read, decoding=decoding, listening=listening)

    def _pedalled(self, heard: Transcript, transcriber: Transcriber) -> Transcript:
        """Return notes and pedal as ``--pedal`` wants them."""
        if not transcriber.hears_pedal or self.asked.pedal == "extend":
            return Transcript(heard.notes, heard.pedal[:0])
        if self.asked.pedal == "none":
            return Transcript(with_key_releases(*heard), heard.pedal[:0])
        return Transcript(*reconcile_with_pedal(*heard))

    def _written(
        self, heard: Transcript, kept: "_Kept", lines: list[str], found: TranscriptionSummary, target: str
    ) -> tuple[bytes, TranscriptionSummary]:
        """Return the bytes of the output, and what was found on the way there."""
        if self.asked.format == "tsv":
            return dump_notes(*heard.notes), found
        if self.asked.format == "npz":
            return _arrays(heard, kept, lines), found
        if self.asked.tempo == TRACK:
            performance, beats = tracked_transcript(*heard)
            found = replace(
                found, beats=len(beats.time), has_meter=bool((performance.others.kind == TIME_SIGNATURE).any())
            )
        else:
            assert not isinstance(self.asked.tempo, str)
            performance = transcript(*heard, tempo=self.asked.tempo)
        for line in lines:
            performance = with_command(performance, line)
        return midi_bytes(performance, target), found


def _arrays(heard: Transcript, kept: "_Kept", lines: list[str]) -> bytes:
    keys = np.concatenate([said.keys for said in kept.all_said], axis=1)  # (heads, frames, keys)
    arrays = {f"note_{name}": column for name, column in heard.notes._asdict().items()} | {"pedal": heard.pedal}
    heads = dict(zip(("onset", "offset", "frame", "velocity"), keys, strict=True))
    if kept.hears_pedal:
        heads["pedal"] = np.concatenate([said.pedal for said in kept.all_said])
    arrays |= {f"{name}_posterior": head for name, head in heads.items()}
    metadata: dict[str, Any] = {"frame_seconds": FRAME_SECONDS, "lowest_pitch": LOWEST_PITCH}
    if lines:
        metadata["provenance"] = lines
    return dump_arrays(arrays, suffix=".npz", metadata=metadata, compress=True)


@lru_cache(maxsize=1)
def loaded(folder: str, threads: int) -> Transcriber:
    """Return a model, read once in each process, and bound the threads that it may use."""
    import torch

    torch.set_num_threads(threads)
    return read_transcriber(Path(folder))


class _Kept:
    """Counts and keeps what passes, as far as somebody asks for it."""

    def __init__(self, transcriber: Transcriber, asked: TranscribeOptions) -> None:
        self.hears_pedal = transcriber.hears_pedal
        self.overview = Overview(transcriber.frames_per_second) if asked.plot else None
        self.all_said: list[FramePosteriors] = []
        self._keeps_said = asked.format == "npz"
        self._samples, self._sample_rate = 0, transcriber.sample_rate

    @property
    def seconds(self) -> float:
        return self._samples / self._sample_rate

    def samples(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        for block in blocks:
            self._samples += len(block)
            yield block

    def levels(self, parts: Iterator[Any]) -> Iterator[Any]:
        for part in parts:
            if self.overview is not None:
                self.overview.feed(part)
            yield part

    def said(self, said: FramePosteriors) -> None:
        if self._keeps_said:
            self.all_said.append(FramePosteriors(said.keys.astype(np.float16), said.pedal.astype(np.float16)))
