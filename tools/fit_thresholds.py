"""Fit the thresholds of a transcription model: ``python tools/fit_thresholds.py RUN DATA...``.

DATA are recordings with their notes that were not trained on. Each threshold in turn takes the value that is best for
the mean over all recordings, twice over; those of the pedal, where MIDI files tell of it, the best pair; velocities are
spread as far as those that were played. What is found
goes into the run's config.json, as ``decoding`` and ``pedal_decoding``, and how good it is as ``fitted``.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
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
    """A recording as the model hears it, and what was played."""

    said: FramePosteriors
    truth: NotesAndPedal


def fitted(heard: Sequence[EvaluatedRecording], start: Decoding) -> tuple[Decoding, float]:
    """Return the best decoding found from `start` on, and its :func:`objective`."""
    best, highest = start, objective(heard, start)
    for _ in range(ROUNDS):
        for name, values in CHOICES.items():
            for value in values:
                tried = replace(best, **{name: round(float(value), 4)})
                if (now := objective(heard, tried)) > highest:
                    best, highest = tried, now
    return best, highest


def objective(heard: Sequence[EvaluatedRecording], decoding: Decoding) -> float:
    """Return the mean over recordings of the F1 of onsets within 50 ms, with a half of that of offsets too added, and
    a quarter of that of onsets within 30 ms."""
    return float(np.mean([_objective(one, decoding) for one in heard]))


def _objective(one: EvaluatedRecording, decoding: Decoding) -> float:
    found = NotesAndPedal(_piece(_notes(one.said.keys, decoding)), None)
    wide, narrow = (onset.scores(found, one.truth, tolerance=Tolerance(onset=seconds)) for seconds in (0.05, 0.03))
    whole = onset_offset.scores(found, one.truth, tolerance=Tolerance())
    return wide["onset_f1"] + 0.5 * whole["onset_offset_f1"] + 0.25 * narrow["onset_f1"]


def spread(heard: Sequence[EvaluatedRecording], decoding: Decoding) -> Decoding:
    """Return a decoding whose velocities vary as much within a recording as those that were played."""
    plain = replace(decoding, velocity_spread=1.0)
    told: list[Floats] = []
    moved: list[Floats] = []  # (2, notes): as told and as played, from the means of the recording
    for one in heard:
        found = _piece(_notes(one.said.keys, plain))
        matched = match_notes(found, one.truth.notes, tolerance=Tolerance(), with_offsets=False)
        if len(matched) > 1:
            pair = np.stack((found.velocity[matched[:, 1]], one.truth.notes.velocity[matched[:, 0]])).astype(float)
            told.append(pair[0])
            moved.append(pair - pair.mean(axis=1, keepdims=True))
    if not moved:
        return plain
    varied, played = np.sqrt(np.mean(np.concatenate(moved, axis=1) ** 2, axis=1))
    factor = float(np.clip(played / max(varied, 1e-6), 0.5, MOST_SPREAD))
    middle = round(float(np.mean(np.concatenate(told))), 1)
    return replace(decoding, velocity_spread=round(factor, 2), velocity_middle=middle)


def fitted_pedal(heard: Sequence[EvaluatedRecording], start: PedalDecoding) -> tuple[PedalDecoding, float]:
    """Return the thresholds of the pedal that are best for :func:`pedal_objective`, and that; else `start`."""
    best, highest = start, pedal_objective(heard, start)
    for down in PEDAL_CHOICES:
        for up in PEDAL_CHOICES[down >= PEDAL_CHOICES]:
            tried = replace(start, down=round(float(down), 4), up=round(float(up), 4))
            if (now := pedal_objective(heard, tried)) > highest:
                best, highest = tried, now
    return best, highest


def pedal_objective(heard: Sequence[EvaluatedRecording], decoding: PedalDecoding) -> float:
    """Return the mean, over recordings with a known pedal, of the F1 of seconds for which it is down."""
    scores = [pedal.scores(_with_pedal(one, decoding), one.truth, tolerance=Tolerance()) for one in heard]
    known = [score["pedal_frame_f1"] for score in scores if score]
    return float(np.mean(known)) if known else 0.0


def _with_pedal(one: EvaluatedRecording, decoding: PedalDecoding) -> NotesAndPedal:
    decoder = PedalDecoder(decoding, frame_seconds=FRAME_SECONDS)
    decoder.feed(one.said.pedal)
    return NotesAndPedal(one.truth.notes, decoder.finish())


def _notes(said: Posteriors, decoding: Decoding) -> TimedNotes:
    decoder = Decoder(decoding, frame_seconds=FRAME_SECONDS)
    return joined([decoder.feed(said), decoder.finish()])


def _piece(notes: TimedNotes) -> Piece:
    return notes_in_seconds(notes.onset, notes.offset, notes.pitch, notes.velocity)


def hear(path: str, transcriber: Transcriber, *, seconds: float, cache: Path) -> EvaluatedRecording:
    """Return the start of a recording as the model hears it, and the notes that begin there."""
    take = recorded_example(path, cache=cache)
    frames = min(len(take.levels), round(seconds * transcriber.frames_per_second))
    said = list(posteriors_of_levels([np.asarray(take.levels[:frames], np.float32)], transcriber))
    end = frames / transcriber.frames_per_second
    rows = take.notes.onset < end
    notes = TimedNotes(
        take.notes.onset[rows],
        np.minimum(take.notes.offset[rows], end),
        take.notes.pitch[rows],
        take.notes.velocity[rows],
    )
    keys, pedals = np.concatenate([part.keys for part in said], axis=1), np.concatenate([part.pedal for part in said])
    downs = None if take.pedal is None else np.minimum(take.pedal[take.pedal[:, 0] < end], end)
    return EvaluatedRecording(FramePosteriors(keys, pedals), NotesAndPedal(_piece(notes), downs))


def main() -> None:
    """Fit, and write what was found into the run."""
    parser = argparse.ArgumentParser(prog="python tools/fit_thresholds.py", description=__doc__)
    parser.add_argument("run", type=Path, help="run folder of a cnn that transcribes")
    parser.add_argument("data", nargs="+", help="recordings with their notes beside them, or folders of such")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each recording, from its start")
    parser.add_argument("--cache", type=Path, default=None, help="folder for spectra")
    told = parser.parse_args()
    transcriber, cache = read_transcriber(told.run), told.cache or default_cache()
    found = walk.walk(told.data, suffixes=walk.SOUND_SUFFIXES)
    for error in found.missing:
        raise error
    heard = [hear(source.path, transcriber, seconds=told.seconds, cache=cache) for source in found.sources]
    decoding, value = fitted(heard, transcriber.decoding)
    decoding = spread(heard, decoding)
    pedals, pedal_value = fitted_pedal(heard, transcriber.pedal_decoding)
    print(f"{len(heard)} recordings, objective {value:.4f}: {decoding}\npedal {pedal_value:.4f}: {pedals}")
    config = {
        "decoding": asdict(decoding),
        "pedal_decoding": asdict(pedals),
        "fitted": {"recordings": len(heard), "seconds": told.seconds, "objective": value, "pedal": pedal_value},
    }
    checkpoint.write_config(told.run, checkpoint.read_config(told.run) | config)


if __name__ == "__main__":
    main()
