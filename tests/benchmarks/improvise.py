"""Continuations of 30 s by several systems, beside those that people played, after the same fifty prompts.

    python tests/benchmarks/improvise.py [--data DIR] [--pieces N] [--each N] [--keep DIR] [--picture PNG]
        [--models NAME,NAME=RUN,NAME=RUN*4,NAME=RUN+plain]

Prompts are 20 s of validation performances of MAESTRO, one of each, evenly chosen among every other by name, from the
second on: those that ``tools/fit_sampling.py`` does not use. ``people`` is how the performers went on, and
``retrieval`` how the nearest stretch of the training split did, by pitch classes in any key, density and loudness.
``shuffled`` is how people went on with their pitches in another order. ``NAME=RUN*4`` is the best of four by the
critic, ``NAME=RUN+plain`` is sampled without anything that was fitted: temperatures are 1, and no bias is added. All is
on the grid of 10 ms that models see, the notes as long as the pedal holds them, and all notes end after 30 s. The
reference of the metrics is twice as many stretches of the training split. Models go on from each prompt several times
(``--each``), all of which the critic judges; everything else uses the first of each.

The critic was not used in the training of these models; it learned from continuations of an earlier transformer.
``told apart`` is how often it rates a continuation by people as more likely a person's than one by the system: at a
half the two cannot be told apart; beside it, how much more often than for the first of the models. Intervals are of
95 %, over prompts. ``inside`` counts metrics of sets whose value lies in the interval of people's; a star marks those
that do not. ``--picture`` draws the first prompts and how each system goes on.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from generated_sets import UNSEEN
from metrics_controls import summary
from performances import evenly_spaced

from maestrokit.arrays import Floats
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.inference.critic import load_critic, ranking
from maestrokit.inference.generation.notes import NoteRequest, generate_notes
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.notes_to_performance import performance_of
from maestrokit.inference.sequence_model import load_generating_model
from maestrokit.metrics import score_sets
from maestrokit.metrics.contract import Row
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.metrics.sets.copying import StretchIndex, copied_shares, longest_runs, note_intervals
from maestrokit.music.encodings.events import Encoding, encode
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import StepNotes, reconciled
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.rolls.segments import LARGEST_VELOCITY

ENCODING = Encoding()
SECOND = 100  # steps
PROMPT, LENGTH = 20 * SECOND, 30 * SECOND
MATCHED = 10 * SECOND  # the last part of a prompt, by which the nearest stretch is retrieved
ALL = 10_000  # performances; more than a split has
RESAMPLES = 1000
PLAIN = "+plain"


class Continuation(NamedTuple):
    """A prompt, and how people went on."""

    prompt: StepNotes
    people: StepNotes


def notes_of(path: Path) -> StepNotes:
    """Return the notes of a performance as models see them."""
    return note_sequence(encode(read_midi(path), ENCODING), ENCODING)


def span(notes: StepNotes, start: int, stop: int) -> StepNotes:
    """Return the notes that begin in a span, from its start on, ended by its end."""
    part = notes.select((notes.onset >= start) & (notes.onset < stop))
    return part._replace(onset=part.onset - start, offset=np.minimum(part.offset, stop) - start)


def validation_continuations(root: Path, count: int) -> list[Continuation]:
    """Return prompts and what followed, each from a random position in a validation performance."""
    candidates = []
    for row, path in enumerate(evenly_spaced(root, "validation", ALL, among=UNSEEN)):
        notes, generator = notes_of(path), np.random.default_rng([1, row])
        last = int(notes.onset[-1]) - PROMPT - LENGTH
        if last > notes.onset[0]:
            start = int(notes.onset[np.searchsorted(notes.onset, generator.integers(notes.onset[0], last))])
            prompt, end = span(notes, start, start + PROMPT), start + PROMPT
            candidates.append(Continuation(prompt, span(notes, end, end + LENGTH)))
    return [candidates[row] for row in np.linspace(0, len(candidates) - 1, count).astype(np.int64)]


def shuffled(notes: StepNotes, seed: int) -> StepNotes:
    """Return notes with their pitches in random order."""
    pitch = np.random.default_rng(seed).permutation(notes.pitch)
    return reconciled(notes.onset, notes.offset, pitch, notes.velocity_bin)


def stretch_features(notes: StepNotes) -> Floats:
    """Return features of a stretch: pitch classes, then density, loudness and register, shape (15,)."""
    chroma = np.bincount(notes.pitch % 12, minlength=12) / max(len(notes.pitch), 1)
    mean = [column.mean() if len(column) else 0.0 for column in (notes.velocity_bin, notes.pitch)]
    return np.array([*chroma, 0.2 * np.log1p(len(notes.pitch)), mean[0] / 32, mean[1] / 88])


class StretchLibrary:
    """Stretches of the training split, in all keys."""

    def __init__(self, performances: Sequence[StepNotes]) -> None:
        self.performances = performances
        self.starts = [
            (row, start)
            for row, notes in enumerate(performances)
            for start in range(int(notes.onset[0]), int(notes.onset[-1]) - MATCHED - LENGTH, MATCHED // 2)
        ]
        features = [stretch_features(span(performances[row], start, start + MATCHED)) for row, start in self.starts]
        self.features = np.stack(features)

    def continuation_of_nearest(self, prompt: StepNotes) -> StepNotes:
        """Return what follows the stretch that is most similar to the end of a prompt, transposed to its key."""
        query, best = stretch_features(span(prompt, PROMPT - MATCHED, PROMPT)), (np.inf, 0, 0)
        for shift in range(-6, 6):
            transposed = np.concatenate((np.roll(self.features[:, :12], shift, axis=1), self.features[:, 12:]), axis=1)
            distance = ((transposed - query) ** 2).sum(axis=1)
            best = min(best, (float(distance.min()), int(distance.argmin()), shift))
        row, start = self.starts[best[1]]
        notes = span(self.performances[row], start + MATCHED, start + MATCHED + LENGTH)
        pitch = notes.pitch + best[2]
        return notes._replace(pitch=np.where(pitch < 21, pitch + 12, np.where(pitch > 108, pitch - 12, pitch)))


def model_continuations(
    model: str, continuations: Sequence[Continuation], critic: str, repeats: int
) -> list[StepNotes]:
    """Return several continuations of each prompt by a model; NAME*M is the best of M by the critic.

    NAME+plain is sampled with neutral settings instead of the fitted ones.
    """
    name, _, best_of = model.removesuffix(PLAIN).partition("*")
    network, encoding, sampling = load_generating_model(name)
    if model.endswith(PLAIN):
        sampling = NoteSampling()
    best_of_count = int(best_of or 1)
    generated = []
    for seed, continuation in enumerate(continuations):
        request = NoteRequest(LENGTH + PROMPT - int(continuation.prompt.onset[-1]), continuation.prompt)
        ranked = ranking(critic, encoding) if best_of_count > 1 else None
        repetitions = generate_notes(
            network,
            encoding,
            request,
            sampling=sampling,
            count=repeats,
            seed=seed,
            best_of=best_of_count,
            ranking=ranked,
        )
        generated += [span(notes, PROMPT, PROMPT + LENGTH) for notes in repetitions]
    return generated


def cached_continuations(folder: Path | None, generate: object, prompts: int, repeats: int) -> list[StepNotes]:
    """Return the continuations in a folder; if there are none, generate them, and write them if a folder is named."""
    if folder is not None and folder.exists():
        return [notes_of(folder / f"{row // repeats}-{row % repeats}.mid") for row in range(prompts * repeats)]
    generated: list[StepNotes] = generate()  # type: ignore[operator]
    if folder is not None:
        folder.mkdir(parents=True)
        for row, notes in enumerate(generated):
            write_midi(
                performance_of(notes, ENCODING, pedal="extend"), folder / f"{row // repeats}-{row % repeats}.mid"
            )
    return generated


def first_continuations(systems: dict[str, list[StepNotes]]) -> dict[str, list[StepNotes]]:
    """Return the first continuation of each prompt by each system."""
    return {
        name: continuations[:: len(continuations) // len(systems["people"])] for name, continuations in systems.items()
    }


def interval(values: Floats) -> str:
    """Return the 95 % interval of resamples."""
    low, high = np.nanquantile(values, (0.025, 0.975))
    return f"[{low:.2f}, {high:.2f}]"


def preference_for_people(people: Floats, system: Floats, base: Floats | None = None) -> tuple[float, str]:
    """Return how often the critic prefers people's, (people,), to a system's, (people * times), and its interval.

    With a base, return how much more often than to the base's, after the same prompts.
    """
    wins = preferred(people, system) - (0.0 if base is None else preferred(people, base))
    rows = np.random.default_rng(0).integers(len(people), size=(RESAMPLES, 2, len(people)))
    return float(wins.mean()), interval(
        np.array([wins[np.ix_(people_rows, prompt_rows)].mean() for people_rows, prompt_rows in rows])
    )


def preferred(people: Floats, system: Floats) -> Floats:
    """Return how often each of people's has larger log-odds than a system's after each prompt, (people, prompts)."""
    likelier = (people[:, None] > system) + 0.5 * (people[:, None] == system)
    return likelier.reshape(len(people), len(people), -1).mean(axis=2)


def metric_rows(pieces: Sequence[Piece], reference: Sequence[Piece]) -> dict[str, Row]:
    """Return the scores of a set against the reference, by metric."""
    metrics = score_sets.metrics(corpora=["reference"])
    summaries, reference_summaries = ([summary(piece) for piece in part] for part in (pieces, reference))
    rows = score_sets.score(summaries, reference_summaries, metrics, generator=np.random.default_rng(0))[1]
    return {row.metric: row for row in rows if "." not in row.metric and np.isfinite(row.value)}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--pieces", type=int, default=50, help="prompts")
    parser.add_argument("--each", type=int, default=4, help="continuations of each prompt by each model")
    parser.add_argument("--models", default="transformer,lstm", help="names, or NAME=RUN, commas between")
    parser.add_argument("--critic", default="critic", help="name or run folder of the critic")
    parser.add_argument("--keep", type=Path, help="folder for what is generated, kept for the next time")
    parser.add_argument("--picture", type=Path, help="draw prompts and how each system goes on")
    options = parser.parse_args()
    root = options.data / "maestro-v3.0.0"
    continuations = validation_continuations(root, options.pieces)
    train = [notes_of(path) for path in evenly_spaced(root, "train", ALL)]
    systems = {"people": [continuation.people for continuation in continuations]}
    library = StretchLibrary(train)
    systems["shuffled"] = [shuffled(continuation.people, seed) for seed, continuation in enumerate(continuations)]
    systems["retrieval"] = [library.continuation_of_nearest(continuation.prompt) for continuation in continuations]
    for model in options.models.split(","):
        name, _, run = model.partition("=")
        folder = None if options.keep is None else options.keep / name
        systems[name] = cached_continuations(
            folder,
            lambda run=run or name: model_continuations(run, continuations, options.critic, options.each),
            len(continuations),
            options.each,
        )
    if options.picture:
        draw_continuations(
            [continuation.prompt for continuation in continuations], first_continuations(systems), options.picture
        )
    print_tables(systems, train, options.critic, options.models.split(",")[0].partition("=")[0])


def draw_continuations(
    prompts: Sequence[StepNotes], systems: dict[str, list[StepNotes]], picture: Path, examples: int = 3
) -> None:
    """Draw the last 10 s of some prompts, and how systems go on: a column for each prompt."""
    from maestrokit.plots.figure import bare, new_figure
    from maestrokit.plots.piano_roll import VELOCITY_MAP, note_bars, octave_ticks

    drawn_systems = {name: continued for name, continued in systems.items() if name != "shuffled"}
    figure = new_figure(width=4 * examples, height=1.6 * len(drawn_systems))
    grid = figure.subplots(len(drawn_systems), examples, sharex=True, sharey=True, squeeze=False)
    for row, (name, continued) in zip(grid, drawn_systems.items(), strict=True):
        for axes, prompt, continuation in zip(row, prompts, continued, strict=False):
            moved = continuation._replace(onset=continuation.onset + PROMPT, offset=continuation.offset + PROMPT)
            joined = StepNotes(*(np.concatenate(parts) for parts in zip(prompt, moved, strict=True)))
            notes = timed_notes(performance_of(joined, ENCODING, pedal="extend"), pedal_extends=False)
            bars = note_bars(notes, 0.42, cmap=VELOCITY_MAP, linewidths=0)
            bars.set_clim(0, LARGEST_VELOCITY)
            axes.add_collection(bars)
            axes.axvline(PROMPT / SECOND, linewidth=1, color="C3")
            axes.set_xlim((PROMPT - MATCHED) / SECOND, (PROMPT + LENGTH) / SECOND)
            axes.set_ylim(LOWEST_PITCH, HIGHEST_PITCH)
            axes.set_yticks(*octave_ticks(LOWEST_PITCH, HIGHEST_PITCH))
            axes.set_title(name, loc="left", fontsize=9)
            axes.grid(axis="y", linewidth=0.4, alpha=0.5)
            bare(axes)
    for axes in grid[-1]:
        axes.set_xlabel("seconds")
    figure.savefig(picture, dpi=110)


def print_tables(
    systems: dict[str, list[StepNotes]], train: Sequence[StepNotes], critic_name: str, base_name: str
) -> None:
    """Print the critic's preferences, copying and diversity of each system, then all metrics of sets."""
    pieces = {
        name: [piece_of(performance_of(notes, ENCODING, pedal="extend")) for notes in continued if len(notes.pitch)]
        for name, continued in first_continuations(systems).items()
    }
    count = len(systems["people"])
    indices = np.linspace(0, len(train) - 1, 2 * count).astype(np.int64)
    long = [train[row] for row in indices if train[row].onset[-1] - train[row].onset[0] > LENGTH]
    starts = [int(notes.onset[len(notes.onset) // 3]) for notes in long]
    reference = [
        piece_of(performance_of(span(notes, first, first + LENGTH), ENCODING, pedal="extend"))
        for notes, first in zip(long, starts, strict=True)
    ]
    training_index = StretchIndex(
        [note_intervals(piece_of(performance_of(notes, ENCODING, pedal="extend"))) for notes in train]
    )
    rows = {name: metric_rows(continued, reference) for name, continued in pieces.items()}
    critic = load_critic(critic_name)
    log_odds = {name: critic.log_odds(continued, ENCODING) for name, continued in systems.items()}
    people = rows["people"]
    repeats = max(map(len, systems.values())) // count
    print(f"{count} prompts, {repeats} continuations of 30 s; the reference: {len(reference)} stretches of training")
    headings = ("told apart", f"than {base_name}", "accuracy", "copied run", "of 16", "diversity", "frechet", "inside")
    widths = (21, 21, 9, 11, 7, 19, 25, 8)
    name_width = 2 + max(map(len, pieces))
    print(" " * name_width + "".join(f"{heading:>{width}}" for heading, width in zip(headings, widths, strict=True)))
    for name, continued in pieces.items():
        intervals = [note_intervals(piece) for piece in continued]
        share, share_range = preference_for_people(log_odds["people"], log_odds[name])
        difference, difference_range = preference_for_people(log_odds["people"], log_odds[name], log_odds[base_name])
        accuracy = ((log_odds["people"] > 0).mean() + (log_odds[name] <= 0).mean()) / 2
        runs, shares_copied = (
            longest_runs(intervals, training_index),
            copied_shares(intervals, training_index, notes=16),
        )
        row_pairs = [(row, people[metric]) for metric, row in rows[name].items() if metric in people]
        inside = [people_row.low <= row.value <= people_row.high for row, people_row in row_pairs]
        cells = (
            f"{share:.2f} {share_range:>13}", f"{difference:+.2f} {difference_range:>13}", f"{accuracy:.2f}",
            f"{np.median(runs):.0f}",
            f"{np.nanmean(shares_copied):.3f}",
            *(with_interval(rows[name].get(metric)) for metric in ("diversity", "frechet_composers")),
            f"{sum(inside)}/{len(inside)}",
        )  # fmt: skip
        print(
            f"{name:<{name_width}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)),
            flush=True,
        )
    human = rows["people"].get("frechet_composers")
    if human is not None:
        print(f"frechet of people against people: {human.reference:.2f}")
    print(
        f"\n{'metric':<40}{'people':>9}{'95 % interval':>20}"
        + "".join(f"{name:>{name_width}}" for name in list(rows)[1:])
    )
    for metric, row in people.items():
        other_rows = (rows[name].get(metric) for name in list(rows)[1:])
        values = [
            "-" if other_row is None else f"{other_row.value:.3f}" + " *"[not row.low <= other_row.value <= row.high]
            for other_row in other_rows
        ]
        print(
            f"{metric:<40}{row.value:>9.3f}{f'{row.low:.3f}..{row.high:.3f}':>20}"
            + "".join(f"{value:>{name_width}}" for value in values)
        )


def with_interval(row: Row | None) -> str:
    """Return a value and its interval."""
    return "-" if row is None else f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"


if __name__ == "__main__":
    main()
