"""How often transferred pieces are classified as the target style, and how much of the piece is left, beside baselines.

    python tests/benchmarks/style.py [--model style] [--judge RUN] [--tables DIR] [--pieces N] [--part test|validation]

The pieces are those of the part ``test`` of the tables of ``tools/style_tables.py``: MAESTRO's validation split, on
which neither the transfer nor the judge was trained. The judge is a network of classes (``train cnn --task classes``)
trained on the table ``judge.tsv``: other pieces than those that the transfer learnt from; it was used neither as a loss
nor to choose weights. Each row has, with 95 % intervals by bootstrap over pieces,

target    share of pieces that the judge takes for the target set,
chroma    mean correlation of the 12 x T chroma with the source, at 2 a second, by how long pitch classes sound,
melody    longest common subsequence of the intervals of the skyline with the source, over the source's length,
notes     notes for each note of the source.

``untouched`` is the source, ``there and back`` the transferred piece, transferred back (its target is the source's own
set, so a low share is right), ``own style`` the source through the generator of its own set (identity: nothing should
change), ``retrieval`` the source with each 6.4 s replaced by that segment of the target's training set whose chroma is
most like it, ``matched`` the source with notes dropped or doubled an octave lower, and others moved by octaves, until
density and mean pitch are those of the transferred piece: what a style that is nothing but density and register would
score.
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
DOUBLING_INTERVAL = 12  # semitones by which a doubled note is lower
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
    """Return the notes of a performance, as long as the pedal holds them."""
    return timed_notes(performance, pedal_extends=True)


def chroma(notes: TimedNotes, seconds: float) -> Floats:
    """Return how long each pitch class sounds in each half second, shape (12, windows)."""
    frames = max(1, int(np.ceil(seconds / CHROMA)))
    rows = [notes.pitch % 12 == pitch for pitch in range(12)]
    return np.array([sounding_time(notes.onset[r], notes.offset[r], hop=CHROMA, frames=frames) for r in rows])


def piece_scores(notes: TimedNotes, source: TimedNotes, classifier: Classifier, target: int) -> Score:
    """Return the scores of a transferred piece."""
    result = classify(notes, classifier)
    is_target = result is not None and int(result.probability.argmax()) == target
    seconds = float(source.offset.max())
    chroma_pair = [chroma(piece, seconds).ravel() for piece in (notes, source)]
    intervals = [
        skyline_intervals(notes_in_seconds(piece.onset, piece.offset, piece.pitch)) for piece in (source, notes)
    ]
    common_length = common_subsequence(*intervals)
    correlation = float(np.corrcoef(*chroma_pair)[0, 1]) if chroma_pair[0].any() else 0.0
    return Score(
        float(is_target), correlation, common_length / max(len(intervals[0]), 1), len(notes.onset) / len(source.onset)
    )


def segments(paths: Sequence[str]) -> Segments:
    """Return all segments of some performances."""
    vectors, parts = [], []
    for path in paths:
        notes = sounding(read_midi(path))
        for start in np.arange(notes.onset[0], notes.onset[-1] - SECONDS, SECONDS):
            inside = notes.select((notes.onset >= start) & (notes.onset < start + SECONDS))
            part = TimedNotes(inside.onset - start, inside.offset - start, inside.pitch, inside.velocity)
            vectors.append(centred_unit(chroma(part, SECONDS)))
            parts.append(part)
    return np.array(vectors), parts


def centred_unit(values: Floats) -> Floats:
    """Return values less their mean, as a vector of length 1."""
    centred = values.ravel() - values.mean()
    return centred / max(np.linalg.norm(centred), 1e-9)


def retrieved_piece(source: TimedNotes, library: Segments) -> TimedNotes:
    """Return the nearest segments of a set, joined."""
    retrieved_segments = []
    for start in np.arange(source.onset[0], source.onset[-1], SECONDS):
        inside = source.select((source.onset >= start) & (source.onset < start + SECONDS))
        query = centred_unit(chroma(TimedNotes(inside.onset - start, inside.offset - start, *inside[2:]), SECONDS))
        nearest = library[1][int((library[0] @ query).argmax())]
        retrieved_segments.append(
            TimedNotes(nearest.onset + start, nearest.offset + start, nearest.pitch, nearest.velocity)
        )
    return sorted_notes([np.concatenate(columns) for columns in zip(*retrieved_segments, strict=True)])


def sorted_notes(columns: Sequence[Floats]) -> TimedNotes:
    """Return notes in the order of onsets, then pitches."""
    rows = np.lexsort((columns[2], columns[0]))
    return TimedNotes(*(column[rows] for column in columns))


def matched_to(source: TimedNotes, model: TimedNotes, generator: np.random.Generator) -> TimedNotes:
    """Return a source with the density and the mean pitch of another piece, by random choices alone."""
    count, target_count = len(source.onset), len(model.onset)
    if target_count <= count:
        notes = source.select(np.sort(generator.permutation(count)[:target_count]))
    else:
        rows = np.sort(generator.integers(0, count, target_count - count))
        lower = source.select(rows)
        lower = lower._replace(pitch=np.maximum(lower.pitch - DOUBLING_INTERVAL, LOWEST_PITCH))
        notes = sorted_notes([np.concatenate(pair) for pair in zip(source, lower, strict=True)])
    difference = float(model.pitch.mean() - notes.pitch.mean())
    is_moved = generator.random(len(notes.pitch)) < abs(difference) / 12
    pitch = np.where(is_moved, notes.pitch + 12 * int(np.sign(difference)), notes.pitch)
    return sorted_notes(notes._replace(pitch=np.clip(pitch, LOWEST_PITCH, HIGHEST_PITCH)))


def interval(values: Floats) -> str:
    """Return the 95 % interval of a mean by bootstrap."""
    generator = np.random.default_rng(0)
    means = values[generator.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def print_row(name: str, scores: Sequence[Score]) -> None:
    """Print the row of a system."""
    columns = np.array(scores).T
    print(f"{name:18}" + "".join(f"{interval(column):>26}" for column in columns[:3]) + f"{columns[3].mean():8.2f}")


def print_direction(
    model: StyleModel, classifier: Classifier, source: str, target: str, paths: Sequence[str], library: Segments
) -> None:
    """Print the table of one direction."""
    label = [name.lower() for name in classifier.names].index(target)
    rows: dict[str, list[Score]] = {}
    for row, path in enumerate(paths):
        performance = read_midi(path)
        source_notes = sounding(performance)
        transfers = {strength: transferred(performance, model, target, strength=strength) for strength in STRENGTHS}
        generator = np.random.default_rng(row)
        systems: dict[str, Callable[[], TimedNotes]] = {
            "untouched": lambda source_notes=source_notes: source_notes,
            **{
                f"strength {strength:g}": lambda transfer=transfer: sounding(transfer)
                for strength, transfer in transfers.items()
            },
            "there and back": lambda transfers=transfers: sounding(transferred(transfers[1.0], model, source)),
            "own style": lambda performance=performance: sounding(transferred(performance, model, source)),
            "retrieval": lambda source_notes=source_notes: retrieved_piece(source_notes, library),
            "matched": lambda notes=source_notes, transfers=transfers, generator=generator: matched_to(
                notes, sounding(transfers[1.0]), generator
            ),
        }
        for name, system in systems.items():
            rows.setdefault(name, []).append(piece_scores(system(), source_notes, classifier, label))
    print(f"\n{source} to {target}, {len(paths)} pieces")
    print(f"{'':18}" + "".join(f"{name:>26}" for name in ("target", "chroma", "melody")) + f"{'notes':>8}")
    for name, scores in rows.items():
        print_row(name, scores)


def draw(model: StyleModel, path: str, picture: Path, start: float = 20.0, seconds: float = 12.0) -> None:
    """Draw a span of a piece as it was and in both styles."""
    from maestrokit.plots.figure import bare, new_figure
    from maestrokit.plots.piano_roll import VELOCITY_MAP, note_bars, octave_ticks

    performance = read_midi(path)
    versions = {"as it was": performance, **{style: transferred(performance, model, style) for style in model.styles}}
    figure = new_figure(width=8, height=7)
    for axes, (name, version) in zip(figure.subplots(len(versions), sharex=True), versions.items(), strict=True):
        bars = note_bars(sounding(version), 0.42, cmap=VELOCITY_MAP, linewidths=0)
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
    """Print the tables of both directions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="style")
    parser.add_argument("--judge", required=True, help="run of the network that classifies")
    parser.add_argument("--tables", type=Path, required=True, help="folder of style.tsv")
    parser.add_argument("--pieces", type=int, help="score so many of each set only")
    parser.add_argument("--part", default="test")
    parser.add_argument("--picture", type=Path, help="draw 12 s of a piece, as it was and in both styles")
    parser.add_argument("--of", help="the piece; default: the first")
    options = parser.parse_args()
    model, classifier = load_style_model(options.model), load_classifier(options.judge)
    table = read_labels(str(options.tables / "style.tsv"))

    def paths(name: str, part: str) -> list[str]:
        return [path for path, split in table.splits.items() if split == part and table.classes[path].lower() == name]

    held_out = {name: paths(name, options.part)[: options.pieces] for name in model.styles}
    classifications = [
        (name, classify(sounding(read_midi(path)), classifier)) for name in model.styles for path in held_out[name]
    ]
    is_right = [
        classifier.names[int(result.probability.argmax())].lower() == name for name, result in classifications if result
    ]
    print(f"judge: right about {np.mean(is_right):.3f} of {len(is_right)} held-out pieces")
    if options.picture:
        draw(model, options.of or held_out[model.styles[0]][0], options.picture)
    for source, target in (model.styles, model.styles[::-1]):
        print_direction(model, classifier, source, target, held_out[source], segments(paths(target, "train")))


if __name__ == "__main__":
    main()
