"""Performances of scores as classes for a model: what it reads of the score, and the factors that it predicts.

Continuous parameters are classes of steps that grow away from 0, and a place within the step, which is evenly
distributed; so that every value has a code.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.music.piano_range import HIGHEST_PITCH, KEYS, LOWEST_PITCH
from maestrokit.music.scores.performance_parameters import PerformanceParameters
from maestrokit.music.scores.score import NO_STAFF, Score

FACTORS = ("tempo", "pedal", "deviation", "velocity", "articulation")
"""Of a note, in the order in which they are predicted; the first two only of the first note of an onset."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Steps from one edge to the next."""

    edges: Floats

    def __len__(self) -> int:
        return len(self.edges) - 1

    def code(self, value: Floats) -> Integers:
        """Return the step that values lie in, the first or last of those outside."""
        return np.clip(np.searchsorted(self.edges, value, side="right") - 1, 0, len(self) - 1).astype(np.int64)

    def value(self, code: Integers, fraction: Floats) -> Floats:
        """Return the value at a place, 0..1, within each step."""
        return np.asarray(self.edges[code] + fraction * (self.edges[code + 1] - self.edges[code]))

    def fraction(self, value: Floats) -> Floats:
        """Return where within its step a value lies, 0..1."""
        code = self.code(value)
        return np.clip((value - self.edges[code]) / (self.edges[code + 1] - self.edges[code]), 0.0, 1.0)


def _scale(finest: float, growth: float, steps: int) -> Bins:
    """Return steps on both sides of one that has 0 in its middle, the finest there."""
    return Bins(finest / growth * np.sinh(growth * (np.arange(-steps, steps + 2) - 0.5)))


TEMPO = _scale(0.02, 0.08, 40)
DEVIATION = _scale(0.002, 0.1, 48)
ARTICULATION = _scale(0.05, 0.08, 36)
PEDAL_EDGES = Bins(np.array([0.0, 0.05, 0.12, 0.22, 0.35, 0.5, 0.65, 0.82, 1.0]))
PEDALS = [
    (),
    *((edge,) for edge in range(len(PEDAL_EDGES))),
    *combinations_with_replacement(range(len(PEDAL_EDGES)), 2),
]
"""Of each class of the pedal, the steps of the gap in which it changes."""
SIZES = {
    "tempo": len(TEMPO),
    "pedal": len(PEDALS),
    "deviation": len(DEVIATION),
    "velocity": 127,
    "articulation": len(ARTICULATION),
}
"""Classes of each factor."""
SCALES = {"tempo": TEMPO, "deviation": DEVIATION, "articulation": ARTICULATION}

QUARTER_STEPS = 24  # of a quarter, as the position in the score is told
LENGTHS = Bins(np.concatenate([[-1.0, 1e-9], 2.0 ** np.arange(-5.25, 3.3, 0.5), [np.inf]]))
"""Notated lengths, in quarters; the first is that of grace notes."""
SPEEDS = Bins(np.concatenate([[-np.inf], 0.02 * 2.0 ** np.arange(0, 8.1, 0.5), [np.inf]]))
"""Gaps between onsets, in seconds at the mean tempo."""
DISTANCES = Bins(np.concatenate([[-np.inf], 2.0 ** np.arange(-1, 7.1, 0.5), [np.inf]]))
"""From the first onset of a score, and to its last, in quarters."""
LOUDNESS = Bins(np.concatenate([[-np.inf], np.arange(12.0, 124.0, 6.0), [np.inf]]))
"""Notated loudness, as velocities."""
METERS = ((2, 4), (3, 4), (4, 4), (2, 2), (3, 8), (6, 8), (9, 8), (12, 8), (6, 4), (12, 16))
BAR_POSITIONS = 96  # a twelfth of a quarter each; those further on are one class
LEVELS = 7
PHRASE_BARS, PHRASE_POSITIONS = 4, 32
"""Bars of which phrases are likely to be made, counted from the first, and positions in them."""
NEAR = 0.02  # quarters from a pulse
MOST_NOTES = 8
CHORD_PARTS = 4  # a note alone, the highest of its chord, the lowest, or between
STAVES = NO_STAFF + 1
FEATURES = {
    "pitch": KEYS,
    "pitch_class": 12,
    "bar_position": BAR_POSITIONS + 2,
    "level": LEVELS,
    "phrase": PHRASE_POSITIONS + 1,
    "meter": len(METERS) + 2,
    "length": len(LENGTHS),
    "gap_before": len(LENGTHS),
    "gap_after": len(LENGTHS),
    "speed": len(SPEEDS),
    "chord": MOST_NOTES,
    "part": CHORD_PARTS,
    "staff": STAVES,
    "staff_part": CHORD_PARTS + 1,
    "mark": len(TEMPO) + 1,
    "loudness": len(LOUDNESS) + 1,
    "from_start": len(DISTANCES),
    "to_end": len(DISTANCES),
}
"""Of each note of a score, what a model reads, and how many classes it has.

``bar_position``: twelfths of a quarter from the bar line; ``level``: the longest metrical pulse that it is on;
``phrase``: where it is in a group of four bars; ``length``: as notated; ``gap_before``, ``gap_after``: to the onsets
around; ``speed``: the latter in seconds; ``chord``: notes at its onset; ``part``: alone, highest, lowest, or between
these; ``staff``: as :attr:`maestrokit.music.scores.score.ScoreNotes.staff`; ``staff_part``: as ``part``, among the
notes of its staff; ``mark``: notated tempo over its mean; ``from_start``, ``to_end``: to the first and the last
onset."""


class PerformanceCodes(NamedTuple):
    """Classes of the factors of notes, and the places within their steps."""

    codes: dict[str, Integers]
    """By factor, (notes,); tempo and pedal of a note are those of its onset."""
    is_first: Mask
    """Which notes are the first of their onset."""
    slow: Integers
    """Step of the slow mean before each note, (notes,)."""
    is_down: Integers
    """Whether the pedal is down at the beginning of the gap before each onset, 0 or 1, (notes,)."""


def codes_of(score: Score, parameters: PerformanceParameters) -> PerformanceCodes:
    """Return the classes of a performance."""
    group, pedal = score.group, pedal_codes(parameters.pedal)
    changes = np.isfinite(parameters.pedal).sum(axis=1)
    is_down = np.concatenate([[0], np.cumsum(changes)[:-1]]) % 2
    codes = {
        "tempo": TEMPO.code(parameters.tempo)[group],
        "pedal": pedal[group],
        "deviation": DEVIATION.code(parameters.deviation),
        "velocity": parameters.velocity - 1,
        "articulation": ARTICULATION.code(parameters.articulation),
    }
    return PerformanceCodes(codes, score.is_first, TEMPO.code(parameters.slow)[group], is_down[group].astype(np.int64))


def pedal_codes(fraction: Floats) -> Integers:
    """Return the class of the changes in each gap, (onsets,), given their places, (onsets, 2)."""
    numbers = {steps: number for number, steps in enumerate(PEDALS)}
    steps = PEDAL_EDGES.code(np.nan_to_num(fraction))
    known = np.isfinite(fraction)
    return np.array(
        [numbers[tuple(row[is_known].tolist())] for row, is_known in zip(steps, known, strict=True)], np.int64
    )


def pedal_fractions(codes: Integers, fraction: Floats) -> Floats:
    """Return the places of the changes of each class, (onsets, 2), given places within the steps, (onsets, 2)."""
    steps = np.array([[*edges, *(-1,) * (2 - len(edges))] for edges in PEDALS])[codes]  # (onsets, 2)
    values = np.where(steps < 0, np.nan, PEDAL_EDGES.value(np.maximum(steps, 0), fraction))
    return np.sort(values, axis=1)  # NaN comes last


def score_features(score: Score, base: float) -> dict[str, Integers]:
    """Return what a model reads of each note, (notes,) each; see ``FEATURES``.

    Parameters
    ----------
    base : float > 0, in seconds
        Mean length of a quarter in the performance.
    """
    notes, group, first = score.notes, score.group, score.first
    onset = notes.onset[first]
    gaps = np.diff(onset)
    before, after = np.append(0.0, gaps)[group], np.append(gaps, 0.0)[group]
    pitch = np.clip(notes.pitch, LOWEST_PITCH, HIGHEST_PITCH)
    size = np.bincount(group)[group]
    position, level, meter = _in_bars(score)
    return {
        "pitch": pitch - LOWEST_PITCH,
        "pitch_class": notes.pitch % 12,
        "bar_position": position,
        "level": level,
        "phrase": _in_phrases(score),
        "meter": meter,
        "length": LENGTHS.code(notes.duration),
        "gap_before": LENGTHS.code(before),
        "gap_after": LENGTHS.code(after),
        "speed": SPEEDS.code(after * base),
        "chord": np.minimum(size, MOST_NOTES) - 1,
        "part": parts_of_chords(notes.pitch, group),
        "staff": notes.staff,
        "staff_part": _parts_on_staves(score),
        "mark": _marks(score),
        "loudness": np.where(np.isfinite(notes.loudness), LOUDNESS.code(notes.loudness), len(LOUDNESS)),
        "from_start": DISTANCES.code(notes.onset - onset[0]),
        "to_end": DISTANCES.code(onset[-1] - notes.onset),
    }


def _parts_on_staves(score: Score) -> Integers:
    """Return what each note is in the chord that its own staff has, the last class where staves are not known."""
    staff = score.notes.staff
    return np.where(staff == NO_STAFF, CHORD_PARTS, parts_of_chords(score.notes.pitch, STAVES * score.group + staff))


def parts_of_chords(pitch: Integers, chord: Integers) -> Integers:
    """Return whether each note is alone (0), the highest (1), the lowest (2) of its chord, or between (3)."""
    highest, lowest = np.full(chord.max() + 1, -1), np.full(chord.max() + 1, 999)
    np.maximum.at(highest, chord, pitch)
    np.minimum.at(lowest, chord, pitch)
    inner = np.where(pitch == highest[chord], 1, np.where(pitch == lowest[chord], 2, 3))
    return np.where(np.bincount(chord)[chord] == 1, 0, inner)


def _marks(score: Score) -> Integers:
    """Return the step of the notated tempo relative to its mean, that after the last where there is none."""
    if not np.isfinite(score.tempo).all():
        return np.full(len(score.notes), len(TEMPO))
    ratio = np.log(score.tempo)
    return TEMPO.code(ratio - ratio.mean())


def _in_bars(score: Score) -> tuple[Integers, Integers, Integers]:
    """Return of each note the position in its bar, the metrical level, and the class of the meter."""
    onset, bars = score.notes.onset, score.bars
    if not len(bars):
        unknown = np.zeros(len(onset), np.int64)
        return unknown + BAR_POSITIONS + 1, unknown + LEVELS - 1, unknown + len(METERS) + 1
    row = np.searchsorted(bars.onset, onset + 1e-6, side="right") - 1
    length = 4.0 * bars.beats / bars.unit
    pickup = bars.onset[0] - length[0]
    inside = np.maximum(onset - np.where(row < 0, pickup, bars.onset[np.maximum(row, 0)]), 0.0)
    row = np.maximum(row, 0)
    names = zip(bars.beats.tolist(), bars.unit.tolist(), strict=True)
    meter = np.array([METERS.index(name) if name in METERS else len(METERS) for name in names])[row]
    position = np.minimum(np.rint(inside * 12), BAR_POSITIONS).astype(np.int64)
    return position, _levels(inside, bars.beats[row], bars.unit[row]), meter


def _in_phrases(score: Score) -> Integers:
    """Return of each note the position in its group of bars, the last class where there are no bars."""
    onset, starts = score.notes.onset, score.bars.onset[::PHRASE_BARS]
    if not len(starts):
        return np.full(len(onset), PHRASE_POSITIONS)
    row = np.maximum(np.searchsorted(starts, onset + 1e-6, side="right") - 1, 0)
    end = np.append(starts[1:], score.bars.onset[-1] + 4.0 * score.bars.beats[-1] / score.bars.unit[-1])
    share = (onset - starts[row]) / (end - starts)[row]
    return np.clip((PHRASE_POSITIONS * share).astype(np.int64), 0, PHRASE_POSITIONS - 1)


def _levels(inside: Floats, beats: Integers, unit: Integers) -> Integers:
    """Return the metrical level at positions in bars of some time signatures: that of the longest pulse on it.

    Levels are bar (0), half of it (1), beat (2), half or third of it (3), half of that (4), other (5); unknown is 6.
    """
    is_compound = (beats % 3 == 0) & (beats > 3)
    length, beat = 4.0 * beats / unit, np.where(is_compound, 3, 1) * 4.0 / unit
    half = np.where(beats % 2 == 0, length / 2, length)
    part = np.where(is_compound, beat / 3, beat / 2)
    pulses = np.stack([length, half, beat, part, part / 2])
    away = np.abs(inside - np.rint(inside / pulses) * pulses)
    is_on = np.concatenate([away < NEAR, np.ones((1, len(inside)), bool)])
    return np.asarray(is_on.argmax(axis=0), np.int64)


CONDITIONS = {
    "loudness": Bins(np.concatenate([[-np.inf], np.arange(38.0, 92.0, 4.0), [np.inf]])),
    "dynamics": Bins(np.concatenate([[-np.inf], np.arange(6.0, 27.0, 2.0), [np.inf]])),
    "rubato": Bins(np.concatenate([[-np.inf], 0.04 * 2 ** np.arange(0.0, 4.6, 0.5), [np.inf]])),
}
"""Of a whole performance: mean velocity, its standard deviation, and that of the logarithm of the tempo."""


def measured_conditions(score: Score, parameters: PerformanceParameters) -> dict[str, float]:
    """Return the mean and the standard deviation of velocities, and how freely the tempo varies."""
    quarters = np.diff(score.notes.onset[score.first])
    tempo = (parameters.slow + parameters.tempo)[1:]
    spread = 0.0
    if len(quarters):
        mean = np.average(tempo, weights=quarters)
        spread = float(np.sqrt(np.average((tempo - mean) ** 2, weights=quarters)))
    velocity = parameters.velocity
    return {"loudness": float(velocity.mean()), "dynamics": float(velocity.std()), "rubato": spread}


def condition_code(name: str, value: float) -> int:
    """Return the class of a condition's value, from 1 on; 0 stands for none."""
    return 1 + int(CONDITIONS[name].code(np.array([value]))[0])
