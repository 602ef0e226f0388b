"""How scores are performed, on held-out pieces of ASAP: by the model, by rules, by people.

    python tests/benchmarks/perform.py [--data DIR] [--model NAME] [--without RUN] [--pieces N]
        [--samples N] [--part test|validation] [--temperature FACTOR=T,..] [--expectation SHARE]

Held out are the pieces that the training of the model neither learned from nor validated on; its sampling is fitted on
``--part validation``. First nats a note, and those of a model that was trained alike, but does not see the meter.
Then the correlation of the tempo curve (logarithm of the length of each beat) and of velocities with a person's, the
mean over pieces of that over people: of another person where a piece has two, of the model (one sample, the mean of
all, and the curves that it expects before it samples), of rules (arches of four bars, final ritardando, melody lead,
accents on downbeats, louder where it is higher), of the curves of the most similar bar of the training pieces, and of
the score as it stands. Last, what performances are like, beside the 95 % interval of people's mean over pieces.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from perform_baselines import NearestBars, deadpan, ruled

from maestrokit.files import checkpoint
from maestrokit.files.datasets import asap
from maestrokit.files.midi import read_midi
from maestrokit.inference.scores.arrays import performance_arrays
from maestrokit.inference.scores.performer import PerformConfig, Performer, load_performer, perform_score
from maestrokit.inference.scores.sampling import sampled_parameters
from maestrokit.metrics.intervals import mean_interval
from maestrokit.models.sequences.expectation import VELOCITIES
from maestrokit.music.scores.performance_codes import FACTORS
from maestrokit.music.scores.performance_parameters import (
    PerformanceParameters,
    Rendition,
    at_mean_tempo,
    parameters_of,
    rendition_of,
)
from maestrokit.music.scores.score import Score
from maestrokit.training.data.performance import PerformanceData, PerformanceOptions
from maestrokit.training.task import PARTS, find_corpus, split_by_piece
from maestrokit.training.tasks import performance as task

Person = asap.AlignedPerformance
MEASURES = ("tempo change", "asynchrony", "melody lead", "articulation", "velocity sd", "pedal a bar")


def split(data: Path, config: dict) -> dict[str, list[str]]:
    """Return the files of each part of a training."""
    corpus = find_corpus([str(data / "asap")], task, cache=Path())
    paths = task.performances(corpus.loose)
    parts = split_by_piece([task.piece(path) for path in paths], seed=config["training"]["seed"])
    return {part: [paths[row] for row in rows] for part, rows in parts.items()}


def nats(name: str, paths: Sequence[str]) -> dict[str, float]:
    """Return nats a note by factor, without conditions."""
    performer, config = load_performer(name), checkpoint.read_config(checkpoint.model_folder(name))
    examples = [task.performed_score(path) for path in paths]
    options = PerformanceOptions(length=config["model"]["length"], meter=performer.meter, validation_notes=10**9)
    data = PerformanceData([], examples, options, composers=[])
    sums: dict[str, float] = defaultdict(float)
    notes = 0.0
    with torch.inference_mode():
        for batch in data.validation():
            for factor, (total, _) in performer.model.score(batch, {})[0].items():
                sums[factor] += total
            notes += float(batch["weight"].sum())
    return {factor: total / notes for factor, total in sums.items()}


def beats_of(score: Score) -> np.ndarray:
    """Return the quarters of a score, between its first onset and its last."""
    onset = score.notes.onset
    return np.arange(np.ceil(onset[0]), np.floor(onset[-1]) + 1)


def tempo_curve(score: Score, rendition: Rendition, at: np.ndarray) -> np.ndarray:
    """Return the logarithm of the length of each beat, by the mean onsets of chords."""
    group, first = score.group, score.first
    time = np.maximum.accumulate(np.bincount(group, rendition.onset) / np.bincount(group))
    return np.log(np.maximum(np.diff(np.interp(at, score.notes.onset[first], time)), 0.02))


def comparable(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return the performances of each piece whose scores count alike: those with tables, where there are any."""
    by_piece: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_piece[task.piece(path)].append(path)
    tables = {piece: [path for path in files if path.endswith(asap.SUFFIX)] for piece, files in by_piece.items()}
    return {piece: tables[piece] or files for piece, files in by_piece.items()}


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation, 0 where one does not vary."""
    if len(one) < 3 or one.std() < 1e-9 or other.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def compared(score: Score, rendition: Rendition, person: Person) -> tuple[float, float]:
    """Return the correlation of tempo curves, and of the velocities of the notes that both have."""
    at = np.intersect1d(beats_of(score), beats_of(person.score))
    curves = tempo_curve(score, rendition, at), tempo_curve(person.score, person.rendition, at)
    velocities = [
        dict(zip(zip(part.notes.onset.round(3), part.notes.pitch, strict=True), played.velocity, strict=True))
        for part, played in ((score, rendition), (person.score, person.rendition))
    ]
    both = sorted(velocities[0].keys() & velocities[1].keys())
    pair = [np.array([one[key] for key in both], np.float64) for one in velocities]
    return correlation(*curves), correlation(*pair)


def measured(score: Score, rendition: Rendition) -> list[float]:
    """Return the MEASURES of a performance."""
    parameters = parameters_of(score, rendition)
    group, first = score.group, score.first
    size = np.bincount(group)
    in_chord = (size[group] > 1) & ~score.notes.is_grace
    mean = np.bincount(group, rendition.onset) / size
    spread = np.abs(rendition.onset - mean[group])[in_chord & (np.abs(parameters.deviation) < 0.1)]
    below = in_chord.copy()
    below[first] = False
    lead = parameters.deviation[below & (np.abs(parameters.deviation) < 0.1)]
    quarters = score.notes.onset[-1] - score.notes.onset[0]
    bars = max(quarters / (np.median(4.0 * score.bars.beats / score.bars.unit) if len(score.bars) else 4.0), 1)
    return [
        float(np.abs(np.diff(tempo_curve(score, rendition, beats_of(score)))).mean()),
        1000 * float(spread.mean()) if len(spread) else np.nan,
        1000 * float(lead.mean()) if len(lead) else np.nan,
        float(np.exp(np.median(parameters.articulation[~score.notes.is_grace]))),
        float(rendition.velocity.std()),
        2 * len(rendition.pedal) / bars,
    ]


def with_temperatures(performer: Performer, given: str) -> Performer:
    """Return a model that samples with other temperatures, given as ``FACTOR=T,..``."""
    pairs = [part.split("=") for part in given.split(",") if part]
    changed = {name: replace(performer.sampling[name], temperature=float(value)) for name, value in pairs}
    return performer._replace(sampling={**performer.sampling, **changed})


def expected(performer: Performer, score: Score, base: float) -> Rendition:
    """Return the curves of tempo and velocity that a model expects, with nothing sampled around them."""
    blank = deadpan(score, base)
    parts = performance_arrays(score, blank).excerpt(0, len(score.notes), meter=performer.meter)
    batch = {name: torch.from_numpy(part)[None] for name, part in parts.items() if name.startswith("score_")}
    with torch.inference_mode():
        tempo, velocity = performer.model.score_vectors(batch)[1][0].double().numpy().T
    loudness = np.clip(np.rint(blank.velocity + VELOCITIES * velocity), 1, 127).astype(np.int64)
    return rendition_of(score, at_mean_tempo(score, replace(blank, tempo=tempo[score.first], velocity=loudness)))


def sampled(performer: Performer, score: Score, base: float, samples: int) -> list[Rendition]:
    """Return performances by the model."""
    drawn = sampled_parameters(
        performer.model,
        score,
        base=base,
        conditions=performer.conditions({}),
        sampling=performer.sampling,
        generators=[np.random.default_rng([1, number]) for number in range(samples)],
        meter=performer.meter,
        expectation=performer.expectation,
    )
    return [rendition_of(score, at_mean_tempo(score, one)) for one in drawn]


def mean_of(renditions: Sequence[Rendition]) -> Rendition:
    """Return the mean of performances, of which only onsets and velocities mean something."""
    onset = np.mean([one.onset - one.onset[0] for one in renditions], axis=0)
    velocity = np.mean([one.velocity for one in renditions], axis=0)
    return renditions[0]._replace(onset=onset, velocity=velocity)


def lost_or_added(performer: Performer, paths: Sequence[str]) -> tuple[int, int]:
    """Return how many notes performances of the scores' own files have, and how many of them lack or are new."""
    notes = wrong = 0
    for folder in sorted({Path(path).parent for path in paths}):
        score = read_midi(folder / asap.SCORE)
        result = perform_score(performer, score, PerformConfig(seed=1))[0][0]
        counts = [np.bincount(one.notes.pitch, minlength=128) for one in (score, result)]
        notes, wrong = notes + len(score.notes), wrong + int(np.abs(counts[0] - counts[1]).sum())
    return notes, wrong


def interval_of_mean(values: np.ndarray) -> tuple[float, float, float]:
    """Return a mean and its 95 % interval."""
    return float(np.nanmean(values)), *mean_interval(values, generator=np.random.default_rng(0))


def report(results: dict[str, list[tuple[float, float]]]) -> None:
    """Print correlations, one line a system, with 95 % intervals over pieces."""
    print(f"{'':<24}{'pieces':>7}{'tempo':>8}{'':<14}{'velocity':>10}")
    for name, pairs in results.items():
        both = [interval_of_mean(np.array(column)) for column in zip(*pairs, strict=True)]
        cells = [f"{middle:>8.2f} ({low:.2f} .. {high:.2f})" for middle, low, high in both]
        print(f"{name:<24}{len(pairs):>7}{'  '.join(cells)}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with asap")
    parser.add_argument("--model", default="performer", help="name or run folder")
    parser.add_argument("--without", help="run folder of a model that was trained alike, without the meter")
    parser.add_argument("--part", choices=("test", PARTS[1]), default="test", help="of the split")
    parser.add_argument("--temperature", default="", metavar="FACTOR=T,..", help="instead of the model's own")
    parser.add_argument("--expectation", type=float, metavar="SHARE", help="instead of the model's own")
    parser.add_argument("--pieces", type=int, default=1000, help="of those held out")
    parser.add_argument("--samples", type=int, default=4, help="performances by the model of each piece")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    parts = split(chosen.data, checkpoint.read_config(checkpoint.model_folder(chosen.model)))
    pieces = sorted({task.piece(path) for path in parts[chosen.part]})[: chosen.pieces]
    files = comparable(parts[chosen.part])
    held_out = [path for piece in pieces for path in files[piece]]
    print(f"{len(pieces)} pieces of ASAP that are in no training, {len(held_out)} performances of them by people\n")
    print_nats({"model": chosen.model, "alike, without meter": chosen.without}, held_out)
    performer = with_temperatures(load_performer(chosen.model), chosen.temperature)
    if chosen.expectation is not None:
        performer = performer._replace(expectation=chosen.expectation)
    print_performances(performer, held_out, parts[PARTS[0]], chosen.samples)
    notes, wrong = lost_or_added(performer, held_out)
    print(f"\n{notes} notes of the scores' own files: {wrong} lost or added")


def print_nats(models: dict[str, str | None], paths: Sequence[str]) -> None:
    """Print nats a note by factor."""
    print(f"{'nats a note':<24}{'all':>8}" + "".join(f"{factor:>14}" for factor in FACTORS))
    for name, model in models.items():
        if model:
            values = nats(model, paths)
            print(f"{name:<24}{values['loss']:>8.3f}" + "".join(f"{values[factor]:>14.3f}" for factor in FACTORS))


def print_performances(performer: Performer, paths: Sequence[str], training: Sequence[str], samples: int) -> None:
    """Print the correlations with people, and what performances are like."""
    copy = NearestBars([task.aligned(path)[0] for path in training])
    fixed: dict[str, Callable[[Score, float], PerformanceParameters]] = {
        "rules": ruled,
        "nearest bars": copy,
        "deadpan": deadpan,
    }
    by_piece = {piece: [task.aligned(path)[0] for path in files] for piece, files in comparable(paths).items()}
    results: dict[str, list[tuple[float, float]]] = {
        name: [] for name in ("another person", "model", f"mean of {samples} samples", "expected", *fixed)
    }
    like: dict[str, list[list[float]]] = {"people": [], "model": [], **{name: [] for name in fixed}}
    for people in by_piece.values():
        score, base = people[0].score, parameters_of(people[0].score, people[0].rendition).base
        made = sampled(performer, score, base, samples)
        renditions = {name: rendition_of(score, rule(score, base)) for name, rule in fixed.items()}

        def add(name: str, pairs: list[tuple[float, float]]) -> None:
            results[name].append(tuple(np.mean(pairs, axis=0)))

        pairs = [(one, other) for one in people for other in people if one is not other]
        if pairs:
            add("another person", [compared(one.score, one.rendition, other) for one, other in pairs])
        add("model", [compared(score, one, person) for one in made for person in people])
        add(f"mean of {samples} samples", [compared(score, mean_of(made), person) for person in people])
        mean = expected(performer, score, base)
        add("expected", [compared(score, mean, person) for person in people])
        for name, rendition in renditions.items():
            add(name, [compared(score, rendition, person) for person in people])
            like[name].append(measured(score, rendition))
        like["people"].append(np.nanmean([measured(one.score, one.rendition) for one in people], axis=0).tolist())
        like["model"].append(np.nanmean([measured(score, one) for one in made], axis=0).tolist())
    print()
    report(results)
    print_measures(like)


def print_measures(like: dict[str, list[list[float]]]) -> None:
    """Print what performances are like, means over pieces, and which are inside people's intervals."""
    columns = np.array(like["people"]).T
    intervals = [interval_of_mean(column[np.isfinite(column)]) for column in columns]
    print(f"\n{'':<16}" + "".join(f"{name:>16}" for name in MEASURES) + f"{'inside':>8}")
    print(f"{'people':<16}" + "".join(f"{low:>7.3g} .. {high:<5.3g}" for _, low, high in intervals))
    for name, rows in like.items():
        if name != "people":
            means = np.nanmean(rows, axis=0)
            inside = sum(low <= mean <= high for mean, (_, low, high) in zip(means, intervals, strict=True))
            print(f"{name:<16}" + "".join(f"{round(mean, 4) + 0.0:>16.3g}" for mean in means) + f"{inside:>6}/6")


if __name__ == "__main__":
    main()
