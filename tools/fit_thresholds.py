"""Fit the thresholds of a transcription model on recordings that it was not trained on.

Example::

    python tools/fit_thresholds.py runs/second maps/real --seconds 60

What is scored is the default output of ``transcribe``, notes and pedal, with notes held by the pedal, against the MIDI
file of the same name, read alike (or a table of notes, if there is none). Each threshold takes the value that is best
on average over all recordings, in turn and twice; velocities get the spread of the reference. The result goes into the
run's config.json, as ``decoding`` and ``pedal_decoding``, and its scores as ``fitted``.

Recordings that a table ``aligned.tsv`` beside them names count with their onsets alone, inside the spans that it has
under ``verified_spans_s`` (as ``0-25 30-40``), since offsets and velocities of aligned scores are no reference.

With ``--folds`` the same is done in folds, so that scores are not those of the recordings that were fitted to: the
scores of each recording are those by thresholds that were fitted on the recordings of other pieces. Recordings of one
piece are in one fold, each with some of each room.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.files import checkpoint, walk
from maestrokit.files.cache import default_cache
from maestrokit.files.midi import read_midi
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.inference.transcription.note_decoding import MOST_SPREAD, Decoder, Decoding, joined, with_dynamics
from maestrokit.inference.transcription.pedal_decoding import PedalDecoder, PedalDecoding
from maestrokit.inference.transcription.transcriber import (
    FRAME_SECONDS,
    FramePosteriors,
    Transcriber,
    Transcript,
    posteriors_of_levels,
    read_transcriber,
    with_pedal,
)
from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.pairs import onset, onset_offset, pedal
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.data.recordings import piece_of, recorded_example

CHOICES = {
    "onset_threshold": np.arange(0.2, 0.56, 0.05),
    "overtone_threshold": np.arange(0.3, 0.71, 0.1),
    "overtone_share": np.arange(0.4, 0.96, 0.1),
    "latency": np.arange(-0.012, 0.0161, 0.004),
    "restrike_threshold": np.arange(0.25, 0.76, 0.1),
    "frame_threshold": np.arange(0.1, 0.61, 0.1),
    "offset_threshold": np.arange(0.15, 0.66, 0.1),
    "min_note": np.array([0.03, 0.05, 0.07]),
    "velocity_smoothing": np.arange(0.0, 0.71, 0.1),
}
PEDAL_CHOICES = {
    "down": np.arange(0.3, 0.91, 0.1),
    "up": np.arange(0.1, 0.81, 0.1),
    "down_latency": np.arange(-0.04, 0.0401, 0.02),
    "up_latency": np.arange(-0.06, 0.0401, 0.02),
}
ROUNDS = 2
FOLDS = 3
TABLE = "aligned.tsv"
WIDE, NARROW = Tolerance(), Tolerance(onset=0.03)
SHOWN = ("onset_f1", "onset_offset_f1", "onset_offset_velocity_f1", "pedal_frame_f1")


class Thresholds(NamedTuple):
    """The thresholds that are fitted."""

    notes: Decoding
    pedal: PedalDecoding


@dataclass(frozen=True, eq=False)
class EvaluatedRecording:
    """The posteriors of a recording, and its reference."""

    posteriors: FramePosteriors
    reference: NotesAndPedal
    piece: str = ""
    room: str = ""
    spans: Floats | None = None
    """Seconds inside which its onsets are all that counts, shape (spans, 2); None where all counts."""


def fitted(recordings: Sequence[EvaluatedRecording], start: Thresholds) -> tuple[Thresholds, float]:
    """Return the best thresholds that coordinate search from `start` finds, and their :func:`objective`."""
    best, best_value = start, objective(recordings, start)
    for name, values in [*CHOICES.items(), *PEDAL_CHOICES.items()] * ROUNDS:
        for value in values:
            candidate = _with_value(best, name, round(float(value), 4))
            if candidate is not None and (candidate_value := objective(recordings, candidate)) > best_value:
                best, best_value = candidate, candidate_value
    return best._replace(notes=with_reference_spread(recordings, best.notes)), best_value


def in_folds(recordings: Sequence[EvaluatedRecording], start: Thresholds) -> dict[str, float]:
    """Return mean scores, those of each recording by thresholds that were fitted on the recordings of other pieces.

    Of a single piece there are none.
    """
    pieces = [
        *dict.fromkeys(
            recording.piece for recording in sorted(recordings, key=lambda recording: (recording.room, recording.piece))
        )
    ]
    if len(pieces) < 2:
        return {}
    rows: list[dict[str, float]] = []
    for fold in range(min(FOLDS, len(pieces))):
        held_out = set(pieces[fold::FOLDS])
        rest = [recording for recording in recordings if recording.piece not in held_out]
        best, _ = fitted(rest, start)
        rows += [scores(recording, best) for recording in recordings if recording.piece in held_out]
    names = [name for name in SHOWN if any(name in row for row in rows)]
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}


def objective(recordings: Sequence[EvaluatedRecording], thresholds: Thresholds) -> float:
    """Return the mean over recordings of the F1 of onsets within 50 ms, with a half of that of offsets too added, and
    a quarter of each of that of onsets within 30 ms, of velocities too, and of the seconds with the pedal down."""
    return float(np.mean([_objective(recording, thresholds) for recording in recordings]))


@lru_cache(maxsize=1 << 16)
def _objective(recording: EvaluatedRecording, thresholds: Thresholds) -> float:
    """Return the objective of one recording."""
    estimate = output(recording, thresholds)
    wide = _scores(estimate, recording)
    narrow_f1 = onset.scores(*_scored_parts(estimate, recording), tolerance=NARROW)["onset_f1"]
    quarters = narrow_f1 + wide.get("onset_offset_velocity_f1", 0.0) + wide.get("pedal_frame_f1", 0.0)
    return wide["onset_f1"] + 0.5 * wide.get("onset_offset_f1", 0.0) + 0.25 * quarters


def scores(recording: EvaluatedRecording, thresholds: Thresholds) -> dict[str, float]:
    """Return the scores of a recording."""
    return _scores(output(recording, thresholds), recording)


def _scores(estimate: NotesAndPedal, recording: EvaluatedRecording) -> dict[str, float]:
    """Return the scores of an estimate."""
    pair = _scored_parts(estimate, recording)
    modules = (onset, onset_offset, pedal) if recording.spans is None else (onset,)
    all_scores = {name: value for module in modules for name, value in module.scores(*pair, tolerance=WIDE).items()}
    return {name: all_scores[name] for name in SHOWN if name in all_scores}


def _scored_parts(estimate: NotesAndPedal, recording: EvaluatedRecording) -> tuple[NotesAndPedal, NotesAndPedal]:
    """Return estimate and reference, both inside the spans of the recording."""
    if recording.spans is None:
        return estimate, recording.reference
    return _inside(estimate, recording.spans), _inside(recording.reference, recording.spans)


def _inside(performance: NotesAndPedal, spans: Floats) -> NotesAndPedal:
    """Return the notes that begin in some spans."""
    onset = performance.notes.onset[:, None]
    return NotesAndPedal(performance.notes.select(np.any((onset >= spans[:, 0]) & (onset < spans[:, 1]), axis=1)), None)


def output(recording: EvaluatedRecording, thresholds: Thresholds) -> NotesAndPedal:
    """Return the default output for a recording, with notes held by the pedal."""
    decoded = Transcript(_notes(recording, thresholds.notes), _pedal(recording, thresholds.pedal))
    return NotesAndPedal.of(transcript(*with_pedal(decoded, "cc64", has_pedal=True)), extends_by_pedal=True)


@lru_cache(maxsize=1 << 10)
def _notes(recording: EvaluatedRecording, decoding: Decoding) -> TimedNotes:
    """Return the decoded notes of a recording."""
    decoder = Decoder(decoding, frame_seconds=FRAME_SECONDS)
    return with_dynamics(joined([decoder.feed(recording.posteriors.keys), decoder.finish()]), decoding)


def _pedal(recording: EvaluatedRecording, decoding: PedalDecoding) -> Floats:
    """Return the decoded pedal of a recording."""
    decoder = PedalDecoder(decoding, frame_seconds=FRAME_SECONDS)
    decoder.feed(recording.posteriors.pedal)
    return decoder.finish()


def _with_value(thresholds: Thresholds, name: str, value: float) -> Thresholds | None:
    """Return thresholds of which one has another value; None if they then contradict each other."""
    if name in CHOICES:
        return thresholds._replace(notes=replace(thresholds.notes, **{name: value}))
    pedals = asdict(thresholds.pedal) | {name: value}
    return thresholds._replace(pedal=PedalDecoding(**pedals)) if pedals["up"] <= pedals["down"] else None


def with_reference_spread(recordings: Sequence[EvaluatedRecording], decoding: Decoding) -> Decoding:
    """Return a decoding whose velocities vary as much within a recording as those of the reference."""
    plain = replace(decoding, velocity_spread=1.0)
    pairs: list[Floats] = []  # (2, notes): estimated and reference velocities of each recording
    for recording in recordings:
        if recording.spans is not None:
            continue
        notes = _notes(recording, plain)
        estimate = notes_in_seconds(notes.onset, notes.offset, notes.pitch, notes.velocity)
        matched = match_notes(estimate, recording.reference.notes, tolerance=WIDE, with_offsets=False)
        if len(matched) > 1:
            reference = recording.reference.notes.velocity[matched[:, 0]]
            pairs.append(np.stack((estimate.velocity[matched[:, 1]], reference)).astype(float))
    if not pairs:
        return plain
    centred = [pair - pair.mean(axis=1, keepdims=True) for pair in pairs]
    estimated_std, reference_std = np.sqrt(np.mean(np.concatenate(centred, axis=1) ** 2, axis=1))
    factor = float(np.clip(reference_std / max(estimated_std, 1e-6), 0.5, MOST_SPREAD))
    middle = round(float(np.mean(np.concatenate(pairs, axis=1)[0])), 1)
    return replace(decoding, velocity_spread=round(factor, 2), velocity_middle=middle)


def evaluated_recording(path: str, transcriber: Transcriber, *, seconds: float, cache: Path) -> EvaluatedRecording:
    """Return the posteriors of the start of a recording, and the reference notes that begin there."""
    example = recorded_example(path, cache=cache)
    frames = min(len(example.levels), round(seconds * transcriber.frames_per_second))
    posteriors = list(posteriors_of_levels([np.asarray(example.levels[:frames], np.float32)], transcriber))
    joined_posteriors = FramePosteriors(
        np.concatenate([part.keys for part in posteriors], axis=1),
        np.concatenate([part.pedal for part in posteriors]),
    )
    midi = next(
        (candidate for name in walk.MIDI_SUFFIXES if (candidate := Path(path).with_suffix(name)).exists()), None
    )
    if midi is None:
        reference = NotesAndPedal(notes_in_seconds(*example.notes), None)
    else:
        reference = NotesAndPedal.of(read_midi(midi), extends_by_pedal=True)
    end = frames / transcriber.frames_per_second
    room = Path(path).stem.rpartition("_")[2] if Path(path).stem.startswith("MAPS_") else Path(path).parent.name
    return EvaluatedRecording(
        joined_posteriors, reference.until(end), piece_of(path), room, verified_spans(Path(path), end)
    )


def verified_spans(path: Path, end: float) -> Floats | None:
    """Return the spans of a recording in which onsets are verified by ``aligned.tsv`` beside it, up to a moment."""
    table = path.parent / TABLE
    if not table.exists():
        return None
    with table.open(encoding="utf-8", newline="") as lines:
        texts = [row["verified_spans_s"] for row in csv.DictReader(lines, delimiter="\t") if row["file"] == path.name]
    spans = [[float(number) for number in span.split("-")] for text in texts for span in text.split()]
    return np.minimum(np.array(spans).reshape(-1, 2), end) if texts else None


def main() -> None:
    """Fit, and write the result into the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder of a cnn that transcribes")
    parser.add_argument("data", nargs="+", help="recordings with their notes beside them, or folders of such")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each recording to use, from its start")
    parser.add_argument("--folds", action="store_true", help="print scores by thresholds fitted on other pieces")
    parser.add_argument("--cache", type=Path, default=None, help="folder for spectra")
    options = parser.parse_args()
    transcriber, cache = read_transcriber(options.run), options.cache or default_cache()
    inputs = walk.walk(options.data, suffixes=walk.SOUND_SUFFIXES)
    for error in inputs.missing:
        raise error
    recordings = [
        evaluated_recording(source.path, transcriber, seconds=options.seconds, cache=cache) for source in inputs.sources
    ]
    start = Thresholds(transcriber.decoding, transcriber.pedal_decoding)
    best, value = fitted(recordings, start)
    summary = {"recordings": len(recordings), "seconds": options.seconds, "objective": value}
    print(f"{len(recordings)} recordings, objective {value:.4f}: {best.notes}\n{best.pedal}")
    if options.folds:
        summary |= in_folds(recordings, start)
        print("in folds: " + ", ".join(f"{name} {summary[name]:.3f}" for name in SHOWN if name in summary))
    config = {"decoding": asdict(best.notes), "pedal_decoding": asdict(best.pedal), "fitted": summary}
    checkpoint.write_config(options.run, checkpoint.read_config(options.run) | config)


if __name__ == "__main__":
    main()
