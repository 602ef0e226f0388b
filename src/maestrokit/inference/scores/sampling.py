"""Performances of scores, sampled from a model note by note.

A model reads the score with its neighbours at once, in torch; then each note is one step of its layers, and of the
heads of its factors, in numpy. Factors that are given, such as the velocities that the score has, are not sampled, but
those after them follow from them.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.inference.generation.sampling import SamplingConfig, probabilities, sample
from maestrokit.inference.scores.arrays import PerformanceArrays, performance_arrays
from maestrokit.models.kernels.numpy_step import columns, gated, numbers, times
from maestrokit.models.sequences.expectation import CURVES, VELOCITIES
from maestrokit.music.scores.performance_codes import (
    FACTORS,
    PEDALS,
    SCALES,
    SIZES,
    TEMPO,
    codes_of,
    pedal_fractions,
)
from maestrokit.music.scores.performance_parameters import PerformanceParameters, slow_after, with_curves
from maestrokit.music.scores.score import Score

if TYPE_CHECKING:
    from maestrokit.models.sequences.performance import PerformanceModel

Numbers = NDArray[Any]
OF_ONSETS = FACTORS[:2]  # factors of the first note of an onset
SLOWNESS = -1.3, 1.8  # logarithms of a quarter over what is notated, as sampled: people's are, in 98 gaps of 100
FREE_GAP = 0.1  # quarters: gaps below, as those of grace notes, may have any tempo


def sampled_parameters(
    model: "PerformanceModel",
    score: Score,
    *,
    base: float,
    conditions: Mapping[str, int],
    sampling: Mapping[str, SamplingConfig],
    generators: Sequence[np.random.Generator],
    fixed: Mapping[str, PerformanceParameters] | None = None,
    meter: bool = True,
    expectation: float = 0.0,
) -> list[PerformanceParameters]:
    """Return as many performances of a score as there are generators.

    Parameters
    ----------
    base : float > 0, in seconds
        Mean length of a quarter; the model departs from it.
    conditions : mapping
        Codes by name, of those that are given.
    sampling : mapping
        Of each factor.
    fixed : mapping, optional
        Parameters whose values of a factor are taken, by factor.
    meter : bool
        Whether the model was trained to see the meter.
    expectation : float, 0 to 1
        How far curves of tempo and velocity that are not given are drawn to those that the score leads one to expect.
    """
    rows, known = len(generators), dict(fixed or {})
    blank = _blank(score, base)
    arrays = performance_arrays(score, blank)
    forced = {name: codes_of(score, parameters).codes[name] for name, parameters in known.items()}
    vectors, curves = _vectors(model, arrays, conditions, meter=meter)
    step = PerformanceStep(model, vectors, rows=rows)
    sampler = _SampledFactors(score, rows, known, sampling, generators)
    for note in range(len(score.notes)):
        step.begin(note, int(arrays.onset[note]), sampler.previous(note))
        for name in FACTORS:
            if name in OF_ONSETS and not arrays.performance.is_first[note]:
                codes = sampler.newest[name]
            elif name == "tempo" and note == 0:
                codes = TEMPO.code(np.zeros(rows))  # there is no gap before it
            elif name in forced:
                codes = np.full(rows, forced[name][note])
            else:
                codes = sampler.choose(name, note, step.logits(name))
            sampler.add(name, note, codes)
            step.follow(name, codes)
    expected = {name: curve for name, curve in curves.items() if name not in known}
    tempo, velocity = (expected.get(name) for name in CURVES)
    return [
        with_curves(score, parameters, expectation, tempo=tempo, velocity=velocity)
        for parameters in sampler.parameters(base)
    ]


class _SampledFactors:
    """What is chosen so far, in all rows."""

    def __init__(
        self,
        score: Score,
        rows: int,
        fixed: Mapping[str, PerformanceParameters],
        sampling: Mapping[str, SamplingConfig],
        generators: Sequence[np.random.Generator],
    ) -> None:
        notes = len(score.notes)
        self.group, self.fixed, self.sampling, self.generators = score.group, fixed, sampling, generators
        self.first, self.quarters = score.first, score.quarters
        self.notated = _notated_slowness(score)
        self.codes = {name: np.zeros((rows, notes), np.int64) for name in FACTORS}
        self.newest = {name: np.full(rows, size) for name, size in SIZES.items()}
        self.tempo = np.zeros((rows, len(self.first)))
        self.slow = np.zeros((rows, len(self.first)))
        self.is_down = np.zeros(rows, np.int64)
        self.state = {"slow": TEMPO.code(np.zeros(rows)), "is_down": self.is_down.copy()}

    def previous(self, note: int) -> dict[str, Integers]:
        """Return the classes that the note before had, and the state before this note's onset."""
        group = self.group[note]
        if note and group != self.group[note - 1]:
            self.state = {"slow": TEMPO.code(self.slow[:, group]), "is_down": self.is_down.copy()}
        return self.newest | self.state

    def choose(self, name: str, note: int, logits: Numbers) -> Integers:
        """Return a class of a factor of a note for each row."""
        allowed = np.ones(logits.shape, bool)
        if name == "tempo" and self.quarters[self.group[note]] >= FREE_GAP:
            allowed = self._allowed_tempos(note)
        probability = probabilities(np.asarray(logits, np.float64), allowed, self.sampling[name])
        return sample(probability, self.generators)

    def _allowed_tempos(self, note: int) -> Mask:
        """Return the classes by which the tempo stays near to what is notated, (rows, classes); all if there are none.

        An accident of the sampling, such as a gap of a twentieth of its length, would otherwise be the history of the
        next gaps, and so go on.
        """
        slow = self.slow[:, self.group[note], None] - self.notated[note]
        low, high = (slow + TEMPO.value(np.arange(len(TEMPO)), np.full(len(TEMPO), edge)) for edge in (0.0, 1.0))
        allowed = (low >= SLOWNESS[0]) & (high <= SLOWNESS[1])
        return np.asarray(allowed | ~allowed.any(axis=1, keepdims=True), bool)

    def add(self, name: str, note: int, codes: Integers) -> None:
        """Note the classes of a factor."""
        self.codes[name][:, note] = codes
        group = int(self.group[note])
        is_first = note == 0 or group != self.group[note - 1]
        if name == "tempo" and is_first:
            self.tempo[:, group] = self._values(name, codes[:, None], [group])[:, 0] if group else 0.0
            if group + 1 < self.slow.shape[1]:
                for row in range(len(codes)):
                    self.slow[row, group + 1] = slow_after(
                        self.slow[row, group], self.tempo[row, group], float(self.quarters[group])
                    )
        if name == "pedal" and is_first:
            self.is_down = (self.is_down + np.array([len(PEDALS[code]) for code in codes])) % 2
        self.newest[name] = codes

    def parameters(self, base: float) -> list[PerformanceParameters]:
        """Return the parameters of all rows."""
        all_notes = range(len(self.group))
        deviation, articulation = (
            self._values(name, self.codes[name], all_notes) for name in ("deviation", "articulation")
        )
        pedal = self.fixed.get("pedal")
        return [
            PerformanceParameters(
                base,
                0.0,
                self.tempo[row],
                self.slow[row],
                deviation[row],
                self.codes["velocity"][row] + 1,
                articulation[row],
                pedal_fractions(
                    self.codes["pedal"][row, self.first], self._fractions("pedal", (len(self.first), 2), row)
                )
                if pedal is None
                else pedal.pedal,
            )
            for row in range(len(self.generators))
        ]

    def _values(self, name: str, codes: Integers, indices: Sequence[int]) -> Floats:
        """Return values of classes, (rows, indices), at random places within their steps; those that are given."""
        if name in self.fixed:
            return np.tile(getattr(self.fixed[name], name)[list(indices)], (len(codes), 1))
        fraction = np.stack([self._fractions(name, (codes.shape[1],), row) for row in range(len(codes))])
        return SCALES[name].value(codes, fraction)

    def _fractions(self, name: str, shape: tuple[int, ...], row: int) -> Floats:
        if self.sampling[name].temperature == 0:
            return np.full(shape, 0.5)
        return self.generators[row].random(shape)


def _notated_slowness(score: Score) -> Floats:
    """Return the logarithm of the notated length of a quarter at each note over its mean; 0 where there is none."""
    if not np.isfinite(score.tempo).all() or not score.quarters.any():
        return np.zeros(len(score.notes))
    return np.asarray(np.log(score.tempo / np.average(score.tempo[score.first], weights=score.quarters)))


class PerformanceStep:
    """Steps of a :class:`maestrokit.models.sequences.performance.PerformanceModel`.

    Its layers come first, then factor by factor.
    """

    def __init__(self, model: "PerformanceModel", vectors: Numbers, *, rows: int) -> None:
        self.vectors = vectors
        self.previous = {name: _table(part) for name, part in model.previous.items()}
        heads: Any = model.heads
        self.state = columns(heads.state.weight)
        self.known = {name: _table(part) for name, part in heads.known.items()}
        self.output = {name: (columns(_table(part)), numbers(part.bias)) for name, part in heads.output.items()}
        self.body = model.body.layer_stepper(model.body.initial_state(rows, length=len(vectors)))
        self.rows, self.states = rows, np.empty((rows, 0), np.float32)

    def begin(self, note: int, onset: int, previous: Mapping[str, Integers]) -> None:
        """Go on to a note, given its onset in steps, and the classes of the note before."""
        x = np.tile(self.vectors[note], (self.rows, 1))
        for name, table in self.previous.items():
            x += table[previous[name]]
        self.states = times(self.body(x, np.full(self.rows, onset)), self.state)

    def logits(self, name: str) -> Numbers:
        """Return the logits of the next factor, (rows, classes)."""
        weight, bias = self.output[name]
        half = weight.shape[0]
        return np.asarray(gated(self.states[:, :half], self.states[:, half : 2 * half]) @ weight + bias)

    def follow(self, name: str, codes: Integers) -> None:
        """Go on to the factor after one, whose classes are given."""
        if name in self.known:
            width = 2 * self.output[name][0].shape[0]
            self.states = self.states[:, width:] + self.known[name][codes]


def _vectors(
    model: "PerformanceModel", arrays: PerformanceArrays, conditions: Mapping[str, int], *, meter: bool
) -> tuple[Numbers, dict[str, Floats]]:
    """Return the vectors of all notes of a score, with those of the conditions, and the curves expected of them.

    Shape
    -----
    vectors : (notes, width)
    curves : by name, (notes,), velocities in their own units
    """
    import torch

    from maestrokit.inference.device import device_of

    parts = arrays.excerpt(0, len(arrays), meter=meter)
    device = device_of(model)
    batch = {name: torch.from_numpy(part)[None].to(device) for name, part in parts.items() if name.startswith("score_")}
    with torch.inference_mode():
        known, expected = model.score_vectors(batch)
        vectors = known[0]
        for name, table in model.conditions.items():
            vectors = vectors + _weight(table)[conditions.get(name, 0)]
    curves = numbers(expected[0]).astype(np.float64) * [1.0, VELOCITIES]
    return np.ascontiguousarray(numbers(vectors), np.float32), dict(zip(CURVES, curves.T, strict=True))


def _weight(table: Any) -> Any:
    return table.weight


def _table(part: Any) -> Numbers:
    """Return the plain weights of a table, whose classes may share some."""
    return numbers(part.table() if hasattr(part, "table") else part.weight)


def _blank(score: Score, base: float) -> PerformanceParameters:
    """Return parameters of a performance as the score has it."""
    onsets, notes = len(score.first), len(score.notes)
    zero, zeros = np.zeros(onsets), np.zeros(notes)
    velocity = np.full(notes, 64)
    return PerformanceParameters(base, 0.0, zero, zero, zeros, velocity, zeros, np.full((onsets, 2), np.nan))
