"""How often pieces in another style are taken for it, and how much of the piece is left, beside simpler means.

    python tests/benchmarks/style.py [--model style] [--judge RUN] [--tables DIR] [--pieces N] [--part test|validation]

The pieces are those of the part ``test`` of the tables of ``tools/style_tables.py``: MAESTRO's validation split, which
neither the transfer nor the judge has learnt from. The judge is a network of classes (``train cnn --task classes``)
trained on the table ``judge.tsv``: other pieces than those that the transfer learnt from; it was used neither as a loss
nor to choose weights. Each row has, with 95 % intervals by bootstrap over pieces,

target    share of pieces that the judge takes for the target set,
chroma    mean correlation of the 12 x T chroma with the source, at 2 a second, by how long pitch classes sound,
melody    longest common subsequence of the intervals of the skyline with the source, over the source's length,
notes     notes for each note of the source.

``untouched`` is the source, ``there and back`` what the other direction makes of the transferred piece (its target is
the source's own set, so a low share is right), ``own style`` what the generator of the set that the source is from
makes of it (identity: as little as possible), ``retrieval`` the source with each 6.4 s replaced by that segment of the
target's training set whose chroma is most like it, ``matched`` the source with notes dropped or doubled an octave
lower, and others moved by octaves, until density and mean pitch are those of the transferred piece: what a style that
is nothing but density and register would score.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.analysis.classes import Classifier, classify
from maestrokit.arrays import Floats
from maestrokit.files.datasets.class_labels import read_labels
from maestrokit.files.midi import read_midi
from maestrokit.inference.classes import load_classifier
from maestrokit.inference.style import StyleModel, load_style_model, transferred
from maestrokit.metrics.alignment import common_subsequence
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.sets.melody_similarity import skyline_intervals
from maestrokit.music.note_arrays import TimedNotes, timed_notes
from maestrokit.music.performance import Performance
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.rolls.frames import sounding_time
from maestrokit.music.rolls.segments import LARGEST_VELOCITY, SECONDS

RESAMPLES = 2000
CHROMA = 0.5  # seconds
HIGHEST_NEW = 12  # semitones that a doubled note lies lower
STRENGTHS = (0.25, 0.5, 0.75, 1.0)


class Score(NamedTuple):
    """The scores of one piece."""

    is_target: float
    chroma: float
    melody: float
    notes: float


Segments = tuple[Floats, list[TimedNotes]]
"""Chroma of segments, each of length 1, shape (segments, 12 * windows), and their notes, beginning at 0."""


def sounding(performance: Performance) -> TimedNotes:
    return timed_notes(performance, pedal_extends=True)


def chroma(notes: TimedNotes, seconds: float) -> Floats:
    """Return how long each pitch class sounds in each half second, shape (12, windows)."""
    frames = max(1, int(np.ceil(seconds / CHROMA)))
    rows = [notes.pitch % 12 == pitch for pitch in range(12)]
    return np.array([sounding_time(notes.onset[r], notes.offset[r], hop=CHROMA, frames=frames) for r in rows])


def score(notes: TimedNotes, source: TimedNotes, judge: Classifier, target: int) -> Score:
    result = classify(notes, judge)
    is_target = result is not None and int(result.probability.argmax()) == target
    seconds = float(source.offset.max())
    both = [chroma(one, seconds).ravel() for one in (notes, source)]
    intervals = [skyline_intervals(notes_in_seconds(one.onset, one.offset, one.pitch)) for one in (source, notes)]
    common = common_subsequence(*intervals)
    correlation = float(np.corrcoef(*both)[0, 1]) if both[0].any() else 0.0
    return Score(
        float(is_target), correlation, common / max(len(intervals[0]), 1), len(notes.onset) / len(source.onset)
    )


def segments(paths: Sequence[str]) -> Segments:
    """Return all segments of some performances."""
    vectors, parts = [], []
    for path in paths:
        notes = sounding(read_midi(path))
        for start in np.arange(notes.onset[0], notes.onset[-1] - SECONDS, SECONDS):
            inside = notes.select((notes.onset >= start) & (notes.onset < start + SECONDS))
            part = TimedNotes(inside.onset - start, inside.offset - start, inside.pitch, inside.velocity)
            vectors.append(unit(chroma(part, SECONDS)))
            parts.append(part)
    return np.array(vectors), parts


def unit(values: Floats) -> Floats:
    centred = values.ravel() - values.mean()
    return centred / max(np.linalg.norm(centred), 1e-9)


def retrieved(source: TimedNotes, known: Segments) -> TimedNotes:
    """Return the nearest segments of a set, one after another."""
    found = []
    for start in np.arange(source.onset[0], source.onset[-1], SECONDS):
        inside = source.select((source.onset >= start) & (source.onset < start + SECONDS))
        here = unit(chroma(TimedNotes(inside.onset - start, inside.offset - start, *inside[2:]), SECONDS))
        part = known[1][int((known[0] @ here).argmax())]
        found.append(TimedNotes(part.onset + start, part.offset + start, part.pitch, part.velocity))
    return sorted_notes([np.concatenate(columns) for columns in zip(*found, strict=True)])


def sorted_notes(columns: Sequence[Floats]) -> TimedNotes:
    rows = np.lexsort((columns[2], columns[0]))
    return TimedNotes(*(column[rows] for column in columns))


def matched_to(source: TimedNotes, model: TimedNotes, generator: np.random.Generator) -> TimedNotes:
    """Return a source with the density and the mean pitch of another piece, by nothing but random choices."""
    count, wanted = len(source.onset), len(model.onset)
    if wanted <= count:
        notes = source.select(np.sort(generator.permutation(count)[:wanted]))
    else:
        rows = np.sort(generator.integers(0, count, wanted - count))
        lower = source.select(rows)
        lower = lower._replace(pitch=np.maximum(lower.pitch - HIGHEST_NEW, LOWEST_PITCH))
        notes = sorted_notes([np.concatenate(pair) for pair in zip(source, lower, strict=True)])
    apart = float(model.pitch.mean() - notes.pitch.mean())
    moved = generator.random(len(notes.pitch)) < abs(apart) / 12
    pitch = np.where(moved, notes.pitch + 12 * int(np.sign(apart)), notes.pitch)
    return sorted_notes(notes._replace(pitch=np.clip(pitch, LOWEST_PITCH, HIGHEST_PITCH)))


def interval(values: Floats) -> str:
    generator = np.random.default_rng(0)
    means = values[generator.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def print_row(name: str, scores: Sequence[Score]) -> None:
    columns = np.array(scores).T
    print(f"{name:18}" + "".join(f"{interval(column):>26}" for column in columns[:3]) + f"{columns[3].mean():8.2f}")


def print_direction(
    model: StyleModel, judge: Classifier, source: str, target: str, paths: Sequence[str], known: Segments
) -> None:
    """Print the table of one direction."""
    label = [name.lower() for name in judge.names].index(target)
    rows: dict[str, list[Score]] = {}
    for row, path in enumerate(paths):
        performance = read_midi(path)
        given = sounding(performance)
        made = {s: transferred(performance, model, target, strength=s) for s in STRENGTHS}
        generator = np.random.default_rng(row)
        others: dict[str, Callable[[], TimedNotes]] = {
            "untouched": lambda given=given: given,
            **{f"strength {s:g}": lambda p=p: sounding(p) for s, p in made.items()},
            "there and back": lambda made=made: sounding(transferred(made[1.0], model, source)),
            "own style": lambda performance=performance: sounding(transferred(performance, model, source)),
            "retrieval": lambda given=given: retrieved(given, known),
            "matched": lambda g=given, m=made, r=generator: matched_to(g, sounding(m[1.0]), r),
        }
        for name, make in others.items():
            rows.setdefault(name, []).append(score(make(), given, judge, label))
    print(f"\n{source} to {target}, {len(paths)} pieces")
    print(f"{'':18}" + "".join(f"{name:>26}" for name in ("target", "chroma", "melody")) + f"{'notes':>8}")
    for name, scores in rows.items():
        print_row(name, scores)


def draw(model: StyleModel, path: str, picture: Path, start: float = 20.0, seconds: float = 12.0) -> None:
    """Draw a span of a piece as it was and in both styles."""
    from maestrokit.plots.figure import bare, new_figure
    from maestrokit.plots.piano_roll import VELOCITY_MAP, note_bars, octave_ticks

    performance = read_midi(path)
    shown = {"as it was": performance, **{style: transferred(performance, model, style) for style in model.styles}}
    figure = new_figure(width=8, height=7)
    for axes, (name, one) in zip(figure.subplots(len(shown), sharex=True), shown.items(), strict=True):
        bars = note_bars(sounding(one), 0.42, cmap=VELOCITY_MAP, linewidths=0)
        bars.set_clim(0, LARGEST_VELOCITY)
        axes.add_collection(bars)
        axes.set_xlim(start, start + seconds)
        axes.set_ylim(LOWEST_PITCH, HIGHEST_PITCH)
        axes.set_yticks(*octave_ticks(LOWEST_PITCH, HIGHEST_PITCH))
        axes.set_title(name, loc="left", fontsize=9)
        axes.grid(axis="y", linewidth=0.4, alpha=0.5)
        bare(axes)
    axes.set_xlabel("seconds")
    figure.savefig(picture, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="style")
    parser.add_argument("--judge", required=True, help="run of the network that classifies")
    parser.add_argument("--tables", type=Path, required=True, help="folder of style.tsv")
    parser.add_argument("--pieces", type=int, help="score so many of each set only")
    parser.add_argument("--part", default="test")
    parser.add_argument("--picture", type=Path, help="draw 12 s of a piece, as it was and in both styles")
    parser.add_argument("--of", help="the piece; default: the first")
    options = parser.parse_args()
    model, judge = load_style_model(options.model), load_classifier(options.judge)
    table = read_labels(str(options.tables / "style.tsv"))

    def paths(name: str, part: str) -> list[str]:
        return [path for path, split in table.splits.items() if split == part and table.classes[path].lower() == name]

    held_out = {name: paths(name, options.part)[: options.pieces] for name in model.styles}
    judged = [(name, classify(sounding(read_midi(path)), judge)) for name in model.styles for path in held_out[name]]
    right = [judge.names[int(result.probability.argmax())].lower() == name for name, result in judged if result]
    print(f"judge: right about {np.mean(right):.3f} of {len(right)} held-out pieces")
    if options.picture:
        draw(model, options.of or held_out[model.styles[0]][0], options.picture)
    for source, target in (model.styles, model.styles[::-1]):
        print_direction(model, judge, source, target, held_out[source], segments(paths(target, "train")))


if __name__ == "__main__":
    main()
