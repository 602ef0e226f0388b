"""Performances of scores by simple methods: as written, by rules, and by the bars of people's performances."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from maestrokit.files.datasets.asap import AlignedPerformance
from maestrokit.music.scores.performance_parameters import PerformanceParameters, at_mean_tempo, parameters_of
from maestrokit.music.scores.score import Score

SLOTS = 8  # parts of a bar, by which bars are compared


def deadpan(score: Score, base: float) -> PerformanceParameters:
    """Return the score played as it is written."""
    onsets, notes = len(score.first), len(score.notes)
    zero, pedal = np.zeros(onsets), np.full((onsets, 2), np.nan)
    velocity = np.full(notes, 64)
    return PerformanceParameters(base, 0.0, zero, zero, np.zeros(notes), velocity, np.full(notes, -0.1), pedal)


def rule_based(score: Score, base: float) -> PerformanceParameters:
    """Return a performance by fixed rules."""
    notes, onset = score.notes, score.notes.onset[score.first]
    bar = score.bars.onset if len(score.bars) else np.arange(onset[0], onset[-1], 4.0)
    phrase = bar[::4]
    row = np.clip(np.searchsorted(phrase, onset, side="right") - 1, 0, len(phrase) - 1)
    end = np.append(phrase[1:], onset[-1] + 1)[row]
    inside = np.clip((onset - phrase[row]) / np.maximum(end - phrase[row], 1e-9), 0, 1)
    arch = (2 * inside - 1) ** 2
    last = np.clip((onset - (onset[-1] - 8)) / 8, 0, 1) ** 2
    is_top = np.zeros(len(notes), bool)
    is_top[score.first] = True
    is_downbeat = np.isin(notes.onset.round(3), bar.round(3))
    velocity = 58 + 10 * is_top + 5 * is_downbeat + 0.3 * (notes.pitch - 64) - 8 * arch[score.group]
    return at_mean_tempo(score, replace(
        deadpan(score, base),
        tempo=0.12 * arch + 0.35 * last,
        deviation=np.where(is_top, 0.0, 0.02),
        velocity=np.clip(np.rint(velocity), 1, 127).astype(np.int64),
    ))  # fmt: skip


def bar_rows(score: Score) -> list[np.ndarray]:
    """Return the notes of each bar."""
    row = np.searchsorted(score.bars.onset, score.notes.onset + 1e-6, side="right") - 1
    return [np.flatnonzero(row == bar) for bar in range(len(score.bars))]


def bar_slots(score: Score, rows: np.ndarray, bar: int) -> np.ndarray:
    """Return for each of some notes the part of its bar that it lies in."""
    length = 4.0 * score.bars.beats[bar] / score.bars.unit[bar]
    inside = (score.notes.onset[rows] - score.bars.onset[bar]) / length
    return np.clip((SLOTS * inside).astype(np.int64), 0, SLOTS - 1)


def bar_features(score: Score, rows: np.ndarray, bar: int) -> np.ndarray:
    """Return features of a bar: notes in each part, and the highest pitch in each above the mean."""
    slot, pitch = bar_slots(score, rows, bar), score.notes.pitch[rows]
    highest = np.full(SLOTS, pitch.mean())
    np.maximum.at(highest, slot, pitch)
    return np.concatenate([np.bincount(slot, minlength=SLOTS), (highest - pitch.mean()) / 4])


class NearestBars:
    """The bars of other performances, to copy from."""

    def __init__(self, people: Sequence[AlignedPerformance]) -> None:
        features, tempo, velocity = [], [], []
        for person in people:
            score, rendition = person.score, person.rendition
            curve = parameters_of(score, rendition)
            ratio = (curve.slow + curve.tempo)[score.group]
            relative = rendition.velocity - rendition.velocity.mean()
            for bar, rows in enumerate(bar_rows(score)):
                if len(rows) < 3:
                    continue
                slot = bar_slots(score, rows, bar)
                features.append(bar_features(score, rows, bar))
                tempo.append(slot_means(slot, ratio[rows]))
                velocity.append(slot_means(slot, relative[rows]))
        self.features, self.tempo, self.velocity = (np.array(part) for part in (features, tempo, velocity))

    def __call__(self, score: Score, base: float) -> PerformanceParameters:
        """Return a performance whose bars are those of the most similar bars."""
        tempo, velocity = np.zeros(len(score.notes)), np.full(len(score.notes), 64.0)
        for bar, rows in enumerate(bar_rows(score)):
            if len(rows):
                nearest = int(((self.features - bar_features(score, rows, bar)) ** 2).sum(1).argmin())
                slot = bar_slots(score, rows, bar)
                tempo[rows], velocity[rows] = self.tempo[nearest][slot], 64 + self.velocity[nearest][slot]
        copied = np.clip(np.rint(velocity), 1, 127).astype(np.int64)
        return at_mean_tempo(score, replace(deadpan(score, base), tempo=tempo[score.first], velocity=copied))


def slot_means(slot: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean of values in each part, that of the nearest part where there is none."""
    count = np.bincount(slot, minlength=SLOTS)
    mean = np.bincount(slot, values, minlength=SLOTS) / np.maximum(count, 1)
    known = np.flatnonzero(count)
    return mean[known[np.abs(np.arange(SLOTS)[:, None] - known).argmin(1)]]
