"""The work of ``evaluate --model`` with a model that transcribes, on recordings of known notes."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from maestrokit.cli import planning
from maestrokit.cli.commands.evaluate.corpora import references_in
from maestrokit.cli.commands.evaluate.evaluation import Evaluation, Scores, with_learning
from maestrokit.cli.commands.evaluate.options import TRANSCRIBING, Settings
from maestrokit.cli.commands.evaluate.plan import tolerances_of
from maestrokit.cli.commands.evaluate.sequence_models import limited
from maestrokit.cli.commands.evaluate.sweep import Sweep, parse_sweep
from maestrokit.cli.commands.evaluate.work import (
    PAIR_SUFFIXES,
    PairResult,
    names_in_pairs,
    paired,
    read_notes,
    score_pairs,
)
from maestrokit.cli.commands.transcribe.work import loaded
from maestrokit.cli.declare import state
from maestrokit.cli.errors import is_typed
from maestrokit.cli.options import Inputs
from maestrokit.cli.performances import read_performance
from maestrokit.cli.report import counted
from maestrokit.errors import DataWarning, NoInputError, UsageError
from maestrokit.files import streams, walk
from maestrokit.files.sound.read import open_sound
from maestrokit.inference.transcription.transcriber import Transcript, transcriptions, with_pedal
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare
from maestrokit.music.provenance_events import commands


def plan_transcription(settings: Settings, folder: Path) -> Evaluation:
    """Return the evaluation of a model that transcribes.

    Raises
    ------
    UsageError
        If options contradict each other.
    NoInputError
        If a reference is not there.
    CannotWriteError
        If the output is one of the inputs or references.
    """
    state(TRANSCRIBING)
    options, scoring, running = settings.options, settings.scoring, settings.running
    if is_typed("pairs") and options.pairs is False:
        fact = f"`sets` compares performances, and '{scoring.model}' is scored in pairs"
        raise UsageError(fact, "leave it out", parameter="pairs")
    plan = planning.gather(settings.inputs, running, suffixes=walk.SOUND_SUFFIXES, beside=PAIR_SUFFIXES)
    plan = limited(plan, scoring.limit)
    references = None
    if options.reference:
        inputs_of_references = Inputs(inputs=options.reference, split=options.reference_split)
        references = paired(plan.tasks, references_in(inputs_of_references, running))
    work = TranscriptionWork(
        str(folder), parse_sweep(scoring.sweep), references, tolerances_of(options), settings.repair, scoring.device,
        settings.has_figures,
    )  # fmt: skip
    work.check()
    planning.protect_inputs(plan.tasks, options.output)
    for task in plan.tasks:
        planning.protect_inputs([replace(task, source=path) for path in work.reference_of(task.source)], options.output)
    title = f"{scoring.model} on {counted(len(plan.tasks), 'recording')}"
    names = [name + mark for name in names_in_pairs(work.tolerances) for mark in work.sweep.marks]
    return Evaluation(title, partial(_score, plan, work, settings), names)


def _score(plan: planning.Plan, work: "TranscriptionWork", settings: Settings) -> Scores:
    scores = score_pairs(plan, work, settings)
    return with_learning(scores, Path(work.folder)) if settings.has_figures else scores


@dataclass(frozen=True)
class TranscriptionWork:
    """The scoring of one recording; a class, so that it can be sent to other processes."""

    folder: str
    sweep: Sweep
    references: Mapping[str, str] | None
    """Path of the reference, by path of the recording; None where they are beside the recordings."""
    tolerances: tuple[Tolerance, ...]
    repair: bool
    device: str = "cpu"
    has_details: bool = False
    """Of the first value of a sweep."""

    def check(self) -> None:
        """Raise the error of an unusable model or threshold, before any work."""
        self.sweep.transcribers(loaded(self.folder, 1, self.device))

    def __call__(self, task: planning.Task) -> PairResult:
        """Return the scores of all values of the threshold."""
        reference = self._reference(task.source)
        chosen = self.sweep.transcribers(loaded(self.folder, 1, self.device))
        source = streams.read_bytes(task.source) if task.source == streams.STANDARD else task.source
        with open_sound(source, repair=self.repair) as stream:
            rate = next(iter(chosen.values())).sample_rate
            transcripts = transcriptions(stream.blocks(sample_rate=rate), list(chosen.values()))
        scores: dict[str, float] = {}
        estimates = [
            _notes_and_pedal(transcript, by.predicts_pedal)
            for by, transcript in zip(chosen.values(), transcripts, strict=True)
        ]
        for mark, estimate in zip(chosen, estimates, strict=True):
            pair = compare(estimate, reference, tolerances=self.tolerances)
            scores |= {name + mark: value for name, value in pair.items()}
        return PairResult.of(scores, estimates[0], reference, self.tolerances[0], has_details=self.has_details)

    def recording_of(self, path: str) -> str | None:
        """Return the recording itself, if it can be read again."""
        return None if path == streams.STANDARD else path

    def reference_of(self, path: str) -> list[str]:
        """Return the reference files of a recording; the notes are in the first."""
        if self.references is not None:
            return [self.references[path]] if path in self.references else []
        beside = (Path(path).with_suffix(suffix) for suffix in (*walk.MIDI_SUFFIXES, walk.TABLE_SUFFIX))
        return [str(candidate) for candidate in beside if path != streams.STANDARD and candidate.exists()]

    def _reference(self, path: str) -> NotesAndPedal:
        """Return the notes with their sounding durations, and the pedal if they are those of a MIDI file."""
        paths = self.reference_of(path)
        if not paths:
            raise NoInputError(
                f"{streams.named(path)} has no reference", "put a file of its name with .tsv or .mid beside it"
            )
        if _is_transcript(paths[0], repair=self.repair):
            fact = f"the reference '{paths[0]}' is a transcript, made by 'maestrokit transcribe'"
            warnings.warn(fact, DataWarning, stacklevel=2)
        return read_notes(paths[0], repair=self.repair, extends_by_pedal=True)


def _is_transcript(path: str, *, repair: bool) -> bool:
    """Return whether the provenance of a MIDI file says that it was transcribed from a recording."""
    if not walk.has_suffix(path, walk.MIDI_SUFFIXES):
        return False
    lines = commands(read_performance(path, repair=repair))
    return any(line.partition(": ")[2].startswith("transcribe ") for line in lines)


def _notes_and_pedal(transcript: Transcript, has_pedal: bool) -> NotesAndPedal:
    """Return what ``transcribe`` would write, each note as long as it sounds."""
    notes, pedal = (with_pedal(transcript, way, has_pedal=has_pedal) for way in ("extend", "cc64"))
    return NotesAndPedal(notes_in_seconds(*notes.notes), pedal.pedal if has_pedal else None)
