"""Fit the thresholds of a transcription model on recordings that it was not trained on.

Example::

    python tools/fit_thresholds.py runs/second maps/real --seconds 60

Each threshold in turn takes the value that is best on average over all recordings, twice; those of the pedal the best
pair, where MIDI files have the pedal; velocities get the spread of the reference. The result goes into the run's
config.json, as ``decoding`` and ``pedal_decoding``, and its scores as ``fitted``.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.files import checkpoint, walk
from maestrokit.files.cache import default_cache
from maestrokit.inference.note_decoding import MOST_SPREAD, Decoder, Decoding, Posteriors, joined
from maestrokit.inference.pedal_decoding import PedalDecoder, PedalDecoding
from maestrokit.inference.transcription import (
    FRAME_SECONDS,
    FramePosteriors,
    Transcriber,
    posteriors_of_levels,
    read_transcriber,
)
from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.pairs import onset, onset_offset, pedal
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.recordings import recorded_example

CHOICES = {
    "onset_threshold": np.arange(0.2, 0.56, 0.05),
    "overtone_threshold": np.arange(0.3, 0.71, 0.1),
    "overtone_share": np.arange(0.4, 0.96, 0.1),
    "latency": np.arange(-0.012, 0.0161, 0.004),
    "restrike_threshold": np.arange(0.25, 0.76, 0.1),
    "frame_threshold": np.arange(0.1, 0.61, 0.1),
    "offset_threshold": np.arange(0.15, 0.66, 0.1),
    "shortest": np.array([0.03, 0.05, 0.07]),
}
ROUNDS = 2
PEDAL_CHOICES = np.arange(0.1, 0.91, 0.1)


@dataclass(frozen=True, eq=False)
class EvaluatedRecording:
    """The posteriors of a recording, and its reference."""

    posteriors: FramePosteriors
    reference: NotesAndPedal


def fitted(recordings: Sequence[EvaluatedRecording], start: Decoding) -> tuple[Decoding, float]:
    """Return the best decoding that coordinate search from `start` finds, and its :func:`objective`."""
    best, best_value = start, objective(recordings, start)
    for name, values in [*CHOICES.items()] * ROUNDS:
        for value in values:
            tried = replace(best, **{name: round(float(value), 4)})
            if (now := objective(recordings, tried)) > best_value:
                best, best_value = tried, now
    return best, best_value


def objective(recordings: Sequence[EvaluatedRecording], decoding: Decoding) -> float:
    """Return the mean over recordings of the F1 of onsets within 50 ms, with a half of that of offsets too added, and
    a quarter of that of onsets within 30 ms."""
    return float(np.mean([_objective(one, decoding) for one in recordings]))


def _objective(one: EvaluatedRecording, decoding: Decoding) -> float:
    estimate = NotesAndPedal(_piece(_notes(one.posteriors.keys, decoding)), None)
    wide = onset.scores(estimate, one.reference, tolerance=Tolerance())
    narrow = onset.scores(estimate, one.reference, tolerance=Tolerance(onset=0.03))
    whole = onset_offset.scores(estimate, one.reference, tolerance=Tolerance())
    return wide["onset_f1"] + 0.5 * whole["onset_offset_f1"] + 0.25 * narrow["onset_f1"]


def spread(recordings: Sequence[EvaluatedRecording], decoding: Decoding) -> Decoding:
    """Return a decoding whose velocities vary as much within a recording as those of the reference."""
    plain = replace(decoding, velocity_spread=1.0)
    pairs: list[Floats] = []  # (2, notes): estimated and reference velocities of each recording
    for one in recordings:
        estimate = _piece(_notes(one.posteriors.keys, plain))
        matched = match_notes(estimate, one.reference.notes, tolerance=Tolerance(), with_offsets=False)
        if len(matched) > 1:
            reference = one.reference.notes.velocity[matched[:, 0]]
            pairs.append(np.stack((estimate.velocity[matched[:, 1]], reference)).astype(float))
    if not pairs:
        return plain
    moved = [pair - pair.mean(axis=1, keepdims=True) for pair in pairs]
    estimated_std, reference_std = np.sqrt(np.mean(np.concatenate(moved, axis=1) ** 2, axis=1))
    factor = float(np.clip(reference_std / max(estimated_std, 1e-6), 0.5, MOST_SPREAD))
    middle = round(float(np.mean(np.concatenate(pairs, axis=1)[0])), 1)
    return replace(decoding, velocity_spread=round(factor, 2), velocity_middle=middle)


def fitted_pedal(recordings: Sequence[EvaluatedRecording], start: PedalDecoding) -> tuple[PedalDecoding, float]:
    """Return the thresholds of the pedal that are best for :func:`pedal_objective`, and that; else `start`."""
    best, best_value = start, pedal_objective(recordings, start)
    for down in PEDAL_CHOICES:
        for up in PEDAL_CHOICES[down >= PEDAL_CHOICES]:
            tried = replace(start, down=round(float(down), 4), up=round(float(up), 4))
            if (now := pedal_objective(recordings, tried)) > best_value:
                best, best_value = tried, now
    return best, best_value


def pedal_objective(recordings: Sequence[EvaluatedRecording], decoding: PedalDecoding) -> float:
    """Return the mean, over recordings with a known pedal, of the F1 of seconds for which it is down."""
    scores = [pedal.scores(_with_pedal(one, decoding), one.reference, tolerance=Tolerance()) for one in recordings]
    known = [score["pedal_frame_f1"] for score in scores if score]
    return float(np.mean(known)) if known else 0.0


def _with_pedal(one: EvaluatedRecording, decoding: PedalDecoding) -> NotesAndPedal:
    decoder = PedalDecoder(decoding, frame_seconds=FRAME_SECONDS)
    decoder.feed(one.posteriors.pedal)
    return NotesAndPedal(one.reference.notes, decoder.finish())


def _notes(posteriors: Posteriors, decoding: Decoding) -> TimedNotes:
    decoder = Decoder(decoding, frame_seconds=FRAME_SECONDS)
    return joined([decoder.feed(posteriors), decoder.finish()])


def _piece(notes: TimedNotes) -> Piece:
    return notes_in_seconds(notes.onset, notes.offset, notes.pitch, notes.velocity)


def evaluated_recording(path: str, transcriber: Transcriber, *, seconds: float, cache: Path) -> EvaluatedRecording:
    """Return the posteriors of the start of a recording, and the reference notes that begin there."""
    example = recorded_example(path, cache=cache)
    frames = min(len(example.levels), round(seconds * transcriber.frames_per_second))
    posteriors = list(posteriors_of_levels([np.asarray(example.levels[:frames], np.float32)], transcriber))
    end = frames / transcriber.frames_per_second
    onset, offset, pitch, velocity = example.notes
    rows = onset < end
    notes = TimedNotes(onset[rows], np.minimum(offset[rows], end), pitch[rows], velocity[rows])
    keys = np.concatenate([part.keys for part in posteriors], axis=1)
    pedals = np.concatenate([part.pedal for part in posteriors])
    downs = None if example.pedal is None else np.minimum(example.pedal[example.pedal[:, 0] < end], end)
    return EvaluatedRecording(FramePosteriors(keys, pedals), NotesAndPedal(_piece(notes), downs))


def main() -> None:
    """Fit, and write the result into the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder of a cnn that transcribes")
    parser.add_argument("data", nargs="+", help="recordings with their notes beside them, or folders of such")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each recording to use, from its start")
    parser.add_argument("--cache", type=Path, default=None, help="folder for spectra")
    options = parser.parse_args()
    transcriber, cache = read_transcriber(options.run), options.cache or default_cache()
    inputs = walk.walk(options.data, suffixes=walk.SOUND_SUFFIXES)
    for error in inputs.missing:
        raise error
    evaluated = partial(evaluated_recording, transcriber=transcriber, seconds=options.seconds, cache=cache)
    recordings = [evaluated(source.path) for source in inputs.sources]
    decoding, value = fitted(recordings, transcriber.decoding)
    decoding = spread(recordings, decoding)
    pedals, pedal_value = fitted_pedal(recordings, transcriber.pedal_decoding)
    print(f"{len(recordings)} recordings, objective {value:.4f}: {decoding}\npedal {pedal_value:.4f}: {pedals}")
    summary = {"recordings": len(recordings), "seconds": options.seconds, "objective": value, "pedal": pedal_value}
    config = {"decoding": asdict(decoding), "pedal_decoding": asdict(pedals), "fitted": summary}
    checkpoint.write_config(options.run, checkpoint.read_config(options.run) | config)


if __name__ == "__main__":
    main()
