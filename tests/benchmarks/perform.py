"""Performances of scores, on held-out pieces of ASAP: by the model, by rules, by people.

    python tests/benchmarks/perform.py [--data DIR] [--model NAME] [--without RUN] [--pieces N]
        [--samples N] [--part test|validation] [--temperature FACTOR=T,..] [--expectation SHARE]

Held out are the pieces that the training of the model neither learned from nor validated on; its sampling is fitted on
``--part validation``. First nats per note, beside those of a model that was trained alike, but without the meter.
Then the correlation of the tempo curve (logarithm of the length of each beat) and of velocities with a person's, the
mean over pieces of that over people: of another person where a piece has two, of the model (one sample, the mean of
all, and the curves that it expects before it samples), of rules (arches of four bars, final ritardando, melody lead,
accents on downbeats, louder where it is higher), of the curves of the most similar bar of the training pieces, and of
the score as it stands. Last, measures of the performances, beside the 95 % interval of people's mean over pieces.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from perform_baselines import NearestBars, deadpan, rule_based

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
from maestrokit.training.task import PARTS, find_corpus
from maestrokit.training.tasks import performance as task

Person = asap.AlignedPerformance
MEASURES = ("tempo change", "asynchrony", "melody lead", "articulation", "velocity sd", "pedal a bar")


def files_by_part(data: Path, config: dict) -> dict[str, list[str]]:
    """Return the files of each part, by the pieces that the model says it learned from and validated on."""
    corpus = find_corpus([str(data / "asap")], task, cache=Path())
    names, parts = corpus.piece_names, {part: set(config["pieces"][part]) for part in PARTS}
    parts["test"] = set(names.values()) - parts["train"] - parts["validation"]
    return {part: [path for path in task.performances(corpus.loose) if names[path] in of] for part, of in parts.items()}


def nats_per_note(name: str, paths: Sequence[str]) -> dict[str, float]:
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


def tempo_curve(score: Score, rendition: Rendition, beats: np.ndarray) -> np.ndarray:
    """Return the logarithm of the length of each beat, by the mean onsets of chords."""
    group, first = score.group, score.first
    time = np.maximum.accumulate(np.bincount(group, rendition.onset) / np.bincount(group))
    return np.log(np.maximum(np.diff(np.interp(beats, score.notes.onset[first], time)), 0.02))


def comparable(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return the performances of each piece whose scores share their beats: those with tables, where there are any."""
    by_piece: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_piece[task.piece(path)].append(path)
    tables = {piece: [path for path in files if path.endswith(asap.SUFFIX)] for piece, files in by_piece.items()}
    return {piece: tables[piece] or files for piece, files in by_piece.items()}


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the correlation, 0 where either does not vary."""
    if len(first) < 3 or first.std() < 1e-9 or second.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def correlations_with(score: Score, rendition: Rendition, person: Person) -> tuple[float, float]:
    """Return the correlation of tempo curves, and of the velocities of the notes that both have."""
    beats = np.intersect1d(beats_of(score), beats_of(person.score))
    curves = tempo_curve(score, rendition, beats), tempo_curve(person.score, person.rendition, beats)
    velocities = [
        dict(zip(zip(part.notes.onset.round(3), part.notes.pitch, strict=True), part_rendition.velocity, strict=True))
        for part, part_rendition in ((score, rendition), (person.score, person.rendition))
    ]
    common = sorted(velocities[0].keys() & velocities[1].keys())
    pair = [np.array([velocity_of[key] for key in common], np.float64) for velocity_of in velocities]
    return correlation(*curves), correlation(*pair)


def performance_measures(score: Score, rendition: Rendition) -> list[float]:
    """Return the MEASURES of a performance."""
    parameters = parameters_of(score, rendition)
    group, first = score.group, score.first
    size = np.bincount(group)
    in_chord = (size[group] > 1) & ~score.notes.is_grace
    mean = np.bincount(group, rendition.onset) / size
    spread = np.abs(rendition.onset - mean[group])[in_chord & (np.abs(parameters.deviation) < 0.1)]
    is_below_melody = in_chord.copy()
    is_below_melody[first] = False
    lead = parameters.deviation[is_below_melody & (np.abs(parameters.deviation) < 0.1)]
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


def with_temperatures(performer: Performer, temperatures: str) -> Performer:
    """Return a performer that samples with other temperatures, given as ``FACTOR=T,..``."""
    pairs = [part.split("=") for part in temperatures.split(",") if part]
    changes = {name: replace(performer.sampling[name], temperature=float(value)) for name, value in pairs}
    return performer._replace(sampling={**performer.sampling, **changes})


def expected_rendition(performer: Performer, score: Score, base: float) -> Rendition:
    """Return a rendition by the curves of tempo and velocity that a model expects, with nothing sampled."""
    deadpan_parameters = deadpan(score, base)
    arrays = performance_arrays(score, deadpan_parameters).excerpt(0, len(score.notes), meter=performer.meter)
    batch = {name: torch.from_numpy(array)[None] for name, array in arrays.items() if name.startswith("score_")}
    with torch.inference_mode():
        tempo, velocity = performer.model.score_vectors(batch)[1][0].double().numpy().T
    loudness = np.clip(np.rint(deadpan_parameters.velocity + VELOCITIES * velocity), 1, 127).astype(np.int64)
    return rendition_of(
        score, at_mean_tempo(score, replace(deadpan_parameters, tempo=tempo[score.first], velocity=loudness))
    )


def sampled_renditions(performer: Performer, score: Score, base: float, samples: int) -> list[Rendition]:
    """Return samples of renditions by the model."""
    parameters = sampled_parameters(
        performer.model,
        score,
        base=base,
        conditions=performer.conditions({}),
        sampling=performer.sampling,
        generators=[np.random.default_rng([1, number]) for number in range(samples)],
        meter=performer.meter,
        expectation=performer.expectation,
    )
    return [rendition_of(score, at_mean_tempo(score, sample)) for sample in parameters]


def mean_rendition(renditions: Sequence[Rendition]) -> Rendition:
    """Return the mean of performances; only its onsets and velocities are meaningful."""
    onset = np.mean([rendition.onset - rendition.onset[0] for rendition in renditions], axis=0)
    velocity = np.mean([rendition.velocity for rendition in renditions], axis=0)
    return renditions[0]._replace(onset=onset, velocity=velocity)


def lost_or_added(performer: Performer, paths: Sequence[str]) -> tuple[int, int]:
    """Return how many notes the scores' own files have, and how many are lost or added when these are performed."""
    notes = wrong = 0
    for folder in sorted({Path(path).parent for path in paths}):
        score = read_midi(folder / asap.SCORE)
        result = perform_score(performer, score, PerformConfig(seed=1))[0][0]
        counts = [np.bincount(performance.notes.pitch, minlength=128) for performance in (score, result)]
        notes, wrong = notes + len(score.notes), wrong + int(np.abs(counts[0] - counts[1]).sum())
    return notes, wrong


def interval_of_mean(values: np.ndarray) -> tuple[float, float, float]:
    """Return a mean and its 95 % interval."""
    return float(np.nanmean(values)), *mean_interval(values, generator=np.random.default_rng(0))


def print_correlations(results: dict[str, list[tuple[float, float]]]) -> None:
    """Print correlations, one line a system, with 95 % intervals over pieces."""
    print(f"{'':<24}{'pieces':>7}{'tempo':>8}{'':<14}{'velocity':>10}")
    for name, pairs in results.items():
        means = [interval_of_mean(np.array(column)) for column in zip(*pairs, strict=True)]
        cells = [f"{mean:>8.2f} ({low:.2f} .. {high:.2f})" for mean, low, high in means]
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
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts = files_by_part(options.data, checkpoint.read_config(checkpoint.model_folder(options.model)))
    pieces = sorted({task.piece(path) for path in parts[options.part]})[: options.pieces]
    files = comparable(parts[options.part])
    held_out = [path for piece in pieces for path in files[piece]]
    print(f"{len(pieces)} pieces of ASAP that are in no training, {len(held_out)} performances of them by people\n")
    print_nats({"model": options.model, "alike, without meter": options.without}, held_out)
    performer = with_temperatures(load_performer(options.model), options.temperature)
    if options.expectation is not None:
        performer = performer._replace(expectation=options.expectation)
    print_performances(performer, held_out, parts[PARTS[0]], options.samples)
    notes, wrong = lost_or_added(performer, held_out)
    print(f"\n{notes} notes of the scores' own files: {wrong} lost or added")


def print_nats(models: dict[str, str | None], paths: Sequence[str]) -> None:
    """Print nats a note by factor."""
    print(f"{'nats a note':<24}{'all':>8}" + "".join(f"{factor:>14}" for factor in FACTORS))
    for name, model in models.items():
        if model:
            values = nats_per_note(model, paths)
            print(f"{name:<24}{values['loss']:>8.3f}" + "".join(f"{values[factor]:>14.3f}" for factor in FACTORS))


def print_performances(performer: Performer, paths: Sequence[str], training: Sequence[str], sample_count: int) -> None:
    """Print the correlations with people, and the measures of the performances."""
    nearest_bars = NearestBars([task.aligned(path)[0] for path in training])
    fixed: dict[str, Callable[[Score, float], PerformanceParameters]] = {
        "rules": rule_based,
        "nearest bars": nearest_bars,
        "deadpan": deadpan,
    }
    by_piece = {piece: [task.aligned(path)[0] for path in files] for piece, files in comparable(paths).items()}
    results: dict[str, list[tuple[float, float]]] = {
        name: [] for name in ("another person", "model", f"mean of {sample_count} samples", "expected", *fixed)
    }
    measures: dict[str, list[list[float]]] = {"people": [], "model": [], **{name: [] for name in fixed}}
    for people in by_piece.values():
        score, base = people[0].score, parameters_of(people[0].score, people[0].rendition).base
        samples_of_model = sampled_renditions(performer, score, base, sample_count)
        renditions = {name: rendition_of(score, rule(score, base)) for name, rule in fixed.items()}

        def add(name: str, pairs: list[tuple[float, float]]) -> None:
            results[name].append(tuple(np.mean(pairs, axis=0)))

        pairs = [(first, second) for first in people for second in people if first is not second]
        if pairs:
            add(
                "another person",
                [correlations_with(first.score, first.rendition, second) for first, second in pairs],
            )
        add(
            "model",
            [correlations_with(score, rendition, person) for rendition in samples_of_model for person in people],
        )
        add(
            f"mean of {sample_count} samples",
            [correlations_with(score, mean_rendition(samples_of_model), person) for person in people],
        )
        mean = expected_rendition(performer, score, base)
        add("expected", [correlations_with(score, mean, person) for person in people])
        for name, rendition in renditions.items():
            add(name, [correlations_with(score, rendition, person) for person in people])
            measures[name].append(performance_measures(score, rendition))
        measures["people"].append(
            np.nanmean(
                [performance_measures(rendition.score, rendition.rendition) for rendition in people], axis=0
            ).tolist()
        )
        measures["model"].append(
            np.nanmean([performance_measures(score, rendition) for rendition in samples_of_model], axis=0).tolist()
        )
    print()
    print_correlations(results)
    print_measures(measures)


def print_measures(measures: dict[str, list[list[float]]]) -> None:
    """Print the measures of performances, means over pieces, and how many are inside people's intervals."""
    columns = np.array(measures["people"]).T
    intervals = [interval_of_mean(column[np.isfinite(column)]) for column in columns]
    print(f"\n{'':<16}" + "".join(f"{name:>16}" for name in MEASURES) + f"{'inside':>8}")
    print(f"{'people':<16}" + "".join(f"{low:>7.3g} .. {high:<5.3g}" for _, low, high in intervals))
    for name, rows in measures.items():
        if name != "people":
            means = np.nanmean(rows, axis=0)
            inside = sum(low <= mean <= high for mean, (_, low, high) in zip(means, intervals, strict=True))
            print(f"{name:<16}" + "".join(f"{round(mean, 4) + 0.0:>16.3g}" for mean in means) + f"{inside:>6}/6")


if __name__ == "__main__":
    main()
