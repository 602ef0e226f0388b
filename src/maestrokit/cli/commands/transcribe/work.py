"""The work of ``maestrokit transcribe`` on one recording."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any, TypeVar

from maestrokit.cli.commands.transcribe.collected import Collected, TranscriptionSummary
from maestrokit.cli.commands.transcribe.options import TranscribeOptions
from maestrokit.cli.performances import midi_bytes
from maestrokit.cli.planning import Task
from maestrokit.errors import UsageError
from maestrokit.files import streams
from maestrokit.files.formats import PICTURE, format_by_name
from maestrokit.files.note_tables import dump_notes
from maestrokit.files.sound.read import open_sound
from maestrokit.inference.device import reuse_freed_memory
from maestrokit.inference.notes_to_performance import tracked_transcript, transcript
from maestrokit.inference.transcription.gate import GateConfig
from maestrokit.inference.transcription.note_decoding import Decoding
from maestrokit.inference.transcription.transcriber import (
    StreamingDecoder,
    Transcriber,
    Transcript,
    in_tune,
    loudness_meter,
    posteriors_of_levels,
    read_transcriber,
    spectrum_levels,
    with_pedal,
)
from maestrokit.music.performance import TIME_SIGNATURE
from maestrokit.music.provenance_events import with_command
from maestrokit.provenance import command_lines, extended

Settings = TypeVar("Settings", Decoding, GateConfig)
TRACK = "track"  # in place of a tempo: of the beats tracked in the notes


@dataclass(frozen=True)
class Transcription:
    """The work on one input; a class, so that it can be sent to other processes."""

    folder: str
    options: TranscribeOptions
    format: str
    tempo: float | str | None
    """Beats per minute, or ``track``."""
    concert_pitch: float | None
    """In Hz; None to estimate it."""
    repair: bool
    made_by: str | None

    def check(self) -> None:
        """Raise the error of an unusable model or option, before any work."""
        format_by_name(self.options.plot, PICTURE)
        transcriber = self._transcriber()
        if self.options.pedal in ("cc64", "none") and not transcriber.predicts_pedal:
            fact = f"the model '{PurePath(self.folder).name}' does not transcribe the pedal"
            raise UsageError(fact, "use `pedal` extend, or another model", parameter="pedal")

    def __call__(self, task: Task) -> TranscriptionSummary:
        """Read the recording and write its notes."""
        transcriber = self._transcriber()
        decoder, loudness = StreamingDecoder(transcriber), loudness_meter(transcriber)
        collected = Collected(
            transcriber, has_picture=self.options.plot is not None, has_posteriors=self.format == "npz"
        )
        source = streams.read_bytes(task.source) if task.source == streams.STANDARD else task.source
        with open_sound(source, repair=self.repair) as stream:
            chain = command_lines(stream.comment)
            blocks = collected.samples(stream.blocks(sample_rate=transcriber.sample_rate))
            ahead, tuned = in_tune(blocks, transcriber)
            levels = collected.levels(spectrum_levels(loudness.through(ahead), tuned))
            for posteriors in posteriors_of_levels(levels, tuned):
                decoder.feed(posteriors, loudness.levels(len(posteriors.pedal)))
                collected.add(posteriors)
        result = self._pedalled(decoder.finish(), transcriber)
        lines = [] if self.made_by is None else extended(chain, self.made_by)
        if self.options.plot is not None:
            self._draw(result, collected, lines, task.source)
        summary = TranscriptionSummary(
            len(result.notes.onset), collected.seconds, *decoder.gate.removed_seconds, concert_pitch=tuned.concert_pitch
        )
        data, summary = self._written(result, collected, lines, summary, task.target)
        streams.write_bytes(task.target, data)
        return summary

    def _transcriber(self) -> Transcriber:
        options, model = self.options, loaded(self.folder, self.options.threads, self.options.device)
        onset = options.onset_threshold
        restrike = None if onset is None else max(model.decoding.restrike_threshold, onset)
        decoding = _changed(
            model.decoding, onset_threshold=onset, restrike_threshold=restrike, min_note=options.min_note
        )
        gate = _changed(model.gate, silence_threshold=options.silence_threshold, min_confidence=options.min_confidence)
        return replace(model, decoding=decoding, gate=gate, concert_pitch=self.concert_pitch)

    def _pedalled(self, result: Transcript, transcriber: Transcriber) -> Transcript:
        """Return notes and pedal as ``--pedal`` says."""
        default = "extend" if self.format == "tsv" else "cc64"  # a table has no pedal
        return with_pedal(result, self.options.pedal or default, has_pedal=transcriber.predicts_pedal)

    def _draw(self, result: Transcript, collected: Collected, lines: list[str], source: str) -> None:
        """Write the picture of a transcription."""
        from maestrokit.plots.transcript import transcript_picture

        assert collected.thumbnail is not None and self.options.plot is not None
        title = "standard input" if source == streams.STANDARD else PurePath(source).name
        picture = transcript_picture(
            *result, collected.thumbnail, seconds=collected.seconds, title=title,
            format=format_by_name(self.options.plot, PICTURE) or "png", provenance=lines,
        )  # fmt: skip
        streams.write_bytes(self.options.plot, picture)

    def _written(
        self, result: Transcript, collected: Collected, lines: list[str], summary: TranscriptionSummary, target: str
    ) -> tuple[bytes, TranscriptionSummary]:
        """Return the bytes of the output, and the summary with what was found in making them."""
        if self.format == "tsv":
            return dump_notes(*result.notes), summary
        if self.format == "npz":
            return collected.arrays(result, lines), summary
        if self.tempo == TRACK:
            performance, beats = tracked_transcript(*result)
            has_meter = bool((performance.others.kind == TIME_SIGNATURE).any())
            summary = replace(summary, beats=len(beats.time), has_meter=has_meter)
        else:
            assert not isinstance(self.tempo, str)
            performance = transcript(*result, tempo=self.tempo)
        for line in lines:
            performance = with_command(performance, line)
        return midi_bytes(performance, target), summary


def _changed(settings: Settings, **values: float | None) -> Settings:
    """Return a dataclass with some values changed; None leaves one as it is."""
    changes: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    return replace(settings, **changes)


@lru_cache(maxsize=1)
def loaded(folder: str, threads: int, device: str = "cpu") -> Transcriber:
    """Return a model, read once in each process, and bound the threads that it may use."""
    import torch

    reuse_freed_memory()
    torch.set_num_threads(threads)
    return read_transcriber(Path(folder), device=device)
