"""The work of ``maestrokit transcribe`` on one recording."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from maestrokit.audio.frames import Samples
from maestrokit.cli.streams import Task
from maestrokit.files import streams
from maestrokit.files.arrays import dump_arrays
from maestrokit.files.midi import dump_midi
from maestrokit.files.note_tables import dump_notes
from maestrokit.files.sound import SoundStream, open_sound
from maestrokit.inference.note_decoding import Decoder, Decoding, joined
from maestrokit.inference.transcription import FRAME_SECONDS, Transcriber, posteriors, read_transcriber
from maestrokit.music.history import with_command
from maestrokit.music.note_targets import LOWEST_PITCH
from maestrokit.music.sustain import TimedNotes
from maestrokit.music.transcript import transcript
from maestrokit.provenance import extended, is_command_line


@dataclass(frozen=True)
class Found:
    """How much was found in a recording."""

    notes: int
    seconds: float


@dataclass(frozen=True)
class Transcription:
    """What is asked of every input; a class, so that other processes can be given it."""

    folder: str
    format: str
    onset_threshold: float | None
    shortest: float | None
    tempo: float | None
    threads: int
    made_by: str | None

    def check(self) -> None:
        """Raise the error of an unusable model or threshold, before any work."""
        self._decoding(loaded(self.folder, self.threads))

    def __call__(self, task: Task) -> Found:
        """Read the recording and write its notes."""
        transcriber = loaded(self.folder, self.threads)
        source = streams.read_bytes(task.source) if task.source == streams.STANDARD else task.source
        with open_sound(source) as stream:
            chain = [line for line in stream.comment.splitlines() if is_command_line(line)]
            length = _Length(transcriber.sample_rate)
            notes, said = self._notes(length.through(stream, transcriber.sample_rate), transcriber)
        streams.write_bytes(task.target, self._written(notes, said, chain))
        return Found(len(notes.onset), length.seconds)

    def _notes(self, blocks: Iterator[Samples], transcriber: Transcriber) -> tuple[TimedNotes, list[Any]]:
        decoder = Decoder(self._decoding(transcriber), frame_seconds=FRAME_SECONDS)
        parts, kept = [], []
        for said in posteriors(blocks, transcriber):
            parts.append(decoder.feed(said.keys))
            if self.format == "npz":
                kept.append(said.keys.astype(np.float16))
        return joined([*parts, decoder.finish()]), kept

    def _decoding(self, transcriber: Transcriber) -> Decoding:
        decoding = transcriber.decoding
        if self.onset_threshold is not None:
            restrike = max(decoding.restrike_threshold, self.onset_threshold)
            decoding = replace(decoding, onset_threshold=self.onset_threshold, restrike_threshold=restrike)
        return decoding if self.shortest is None else replace(decoding, shortest=self.shortest)

    def _written(self, notes: TimedNotes, said: list[Any], chain: list[str]) -> bytes:
        if self.format == "tsv":
            return dump_notes(*notes)
        if self.format == "npz":
            made_by = {} if self.made_by is None else {"provenance": extended(chain, self.made_by)}
            heads = dict(zip(("onset", "offset", "frame", "velocity"), np.concatenate(said, axis=1), strict=True))
            arrays = {f"note_{name}": column for name, column in notes._asdict().items()}
            arrays |= {f"{name}_posterior": head for name, head in heads.items()}
            metadata = {"frame_seconds": FRAME_SECONDS, "lowest_pitch": LOWEST_PITCH, **made_by}
            return dump_arrays(arrays, suffix=".npz", metadata=metadata, compress=True)
        performance = transcript(notes, tempo=self.tempo)
        for line in [] if self.made_by is None else [*chain, self.made_by]:
            performance = with_command(performance, line)
        return dump_midi(performance)


@lru_cache(maxsize=1)
def loaded(folder: str, threads: int) -> Transcriber:
    """Return a model, read once in each process, and bound the threads that it may use."""
    import torch

    torch.set_num_threads(threads)
    return read_transcriber(Path(folder))


class _Length:
    """Counts the samples that pass."""

    def __init__(self, sample_rate: int) -> None:
        self.samples, self.sample_rate = 0, sample_rate

    @property
    def seconds(self) -> float:
        return self.samples / self.sample_rate

    def through(self, stream: SoundStream, sample_rate: int) -> Iterator[Samples]:
        for block in stream.blocks(sample_rate=sample_rate):
            self.samples += len(block)
            yield block
