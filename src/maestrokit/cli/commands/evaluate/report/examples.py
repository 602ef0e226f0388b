"""Pieces of sets to look at and to listen to."""

from collections.abc import Sequence

import numpy as np

from maestrokit.cli.commands.evaluate.report.contents import MOST_SOUND, Example, Figure, Section
from maestrokit.cli.commands.evaluate.report.sound import performance_of, rendered
from maestrokit.features.groups.dynamics import velocity_curve
from maestrokit.features.groups.tempo import tempo_curve
from maestrokit.features.note_views import NoteView
from maestrokit.metrics.piece import Piece
from maestrokit.metrics.sets.structure import FRAME, chroma_frames
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.plots.inline.curves import time_curve
from maestrokit.plots.inline.matrix import image
from maestrokit.plots.inline.rolls import piano_roll
from maestrokit.plots.inline.svg import Tick, figure, time_ticks

LONGEST = 20.0  # seconds of sound of an example
LONGEST_CURVE = 600.0  # seconds of a piece that curves and matrices show
MOST_CELLS = 120  # of a side of a self-similarity matrix
TEMPI, VELOCITIES = (0.0, 240.0), (0.0, 127.0)
TEXT = (
    "The notes as they were scored: the louder, the more opaque, and played on the shipped piano. Tempo by the times "
    "between onsets, in beats a minute; mean velocity of the notes around each second; self-similarity of half seconds "
    "by their pitch classes, in which what comes back is a line beside the diagonal."
)


def example_section(pieces: Sequence[tuple[str, Piece]]) -> Section:
    """Return the section of examples, each with a title; pieces without notes are left out."""
    listed = [(title, piece) for title, piece in pieces if len(piece)]
    longest = min(LONGEST, MOST_SOUND / max(len(listed), 1))
    return Section("Examples", TEXT, examples=[_example(title, piece, longest) for title, piece in listed])


def _example(title: str, piece: Piece, longest: float) -> Example:
    start = float(piece.onset[0])
    ends = np.minimum(piece.offset, start + LONGEST_CURVE)
    notes = TimedNotes(piece.onset - start, ends - start, piece.pitch, piece.velocity)
    notes = notes.select(notes.onset < LONGEST_CURVE)
    seconds = min(longest, max(float(notes.offset.max()), 1.0))
    excerpt = notes.select(notes.onset < seconds)
    excerpt = excerpt._replace(offset=np.minimum(excerpt.offset, seconds))
    label = f"Piano roll of {title}: {len(excerpt.onset)} notes in {seconds:.0f} s"
    roll = Figure(f"The first {seconds:.0f} s", piano_roll(excerpt, seconds=seconds, label=label))
    return Example(title, roll, [rendered(excerpt, "Listen", seconds=seconds)], seconds, _curves(title, piece, notes))


def _curves(title: str, piece: Piece, notes: TimedNotes) -> list[Figure]:
    view = NoteView.of(performance_of(notes))
    seconds = max(view.length, 1.0)
    figures = []
    for name, (time, value), (low, high) in (
        ("Tempo, beats a minute", tempo_curve(view)[:2], TEMPI),
        ("Dynamics, velocity", velocity_curve(view), VELOCITIES),
    ):
        known = value[np.isfinite(value)]
        extent = f"from {known.min():.0f} to {known.max():.0f}" if len(known) else "none"
        svg = time_curve(time, value, seconds=seconds, low=low, high=high, label=f"{name} of {title}: {extent}")
        figures.append(Figure(f"{name}: {extent}", svg))
    return [*figures, _self_similarity(title, piece)]


def _self_similarity(title: str, piece: Piece) -> Figure:
    """Return the matrix of cosines, over so many half seconds at a time that its side is short."""
    frames = chroma_frames(piece)[: round(LONGEST_CURVE / FRAME)].astype(np.float64)
    seconds = FRAME * len(frames)
    step = -(-len(frames) // MOST_CELLS)
    pooled = np.add.reduceat(frames, np.arange(0, len(frames), step))
    pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)
    similar = pooled @ pooled.T
    mean = float(similar[~np.eye(len(similar), dtype=bool)].mean()) if len(similar) > 1 else 1.0
    ticks = time_ticks(seconds)
    svg = figure(
        image(similar[::-1], width=100, height=100), width=100, height=100, kind="square", x=ticks,
        y=[Tick(tick.share, tick.text) for tick in ticks],
        label=f"Self-similarity of {title}: {mean:.2f} in the mean",
    )  # fmt: skip
    return Figure(f"Self-similarity: {mean:.2f} in the mean", svg)
