"""A picture of performances of scores: tempo and velocity of three held-out pieces, by the model and by two people.

``python tests/benchmarks/perform_picture.py [--data DIR] [--model NAME] [-o FILE.png] [--sound DIR]``

With ``--sound`` the beginning of each is also rendered as the model plays it, on the shipped piano, at the mean tempo
of one of the people. Tempo is that of each quarter, over the mean; velocity is that of the highest note of each onset,
the mean of a quarter.
"""

import argparse
from pathlib import Path

import numpy as np
import soundfile
import torch
from perform import beats_of, comparable, files_by_part, sampled_renditions, tempo_curve

import maestrokit
from maestrokit.files import checkpoint
from maestrokit.files.datasets import asap
from maestrokit.files.datasets.asap import AlignedPerformance
from maestrokit.inference.scores.performer import Performer, load_performer
from maestrokit.music.scores.performance_parameters import Rendition, parameters_of
from maestrokit.music.scores.score import Score
from maestrokit.plots.figure import bare, new_figure, picture_bytes
from maestrokit.training.tasks import performance as task

QUARTERS = 96  # of a piece that are shown
PIECES = 3
SECONDS, SAMPLE_RATE = 20, 32000  # of the sound files


def velocity_curve(score: Score, rendition: Rendition, beats: np.ndarray) -> np.ndarray:
    """Return the mean velocity of the highest notes of each quarter, NaN where there is none."""
    first = score.first
    row = np.searchsorted(beats, score.notes.onset[first], side="right") - 1
    inside = (row >= 0) & (row < len(beats) - 1)
    sums = np.bincount(row[inside], rendition.velocity[first][inside], minlength=len(beats) - 1)
    with np.errstate(invalid="ignore"):
        return sums / np.bincount(row[inside], minlength=len(beats) - 1)


def write_sound(performer: Performer, person: AlignedPerformance, piece: str, path: Path) -> None:
    """Write the sound of the beginning of a piece as the model plays it, with a fade at its end."""
    performance = maestrokit.perform(
        Path(piece) / asap.SCORE, model=performer, seed=1, tempo=60 / parameters_of(person.score, person.rendition).base
    )[0]
    sound = maestrokit.render(performance, sample_rate=SAMPLE_RATE).samples[: SECONDS * SAMPLE_RATE]
    soundfile.write(path, sound * np.minimum(1.0, np.arange(len(sound))[::-1] / SAMPLE_RATE), SAMPLE_RATE)


def main() -> None:
    """Draw the picture, and write the sound files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--model", default="performer")
    parser.add_argument("-o", "--output", type=Path, default=Path("perform.png"))
    parser.add_argument("--sound", type=Path, help="folder of sound files to be written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    performer = load_performer(options.model)
    parts = files_by_part(options.data, checkpoint.read_config(checkpoint.model_folder(options.model)))
    by_piece = comparable(parts["test"])
    with_two_people = [piece for piece in sorted(by_piece) if len(by_piece[piece]) > 1]
    pieces = [with_two_people[row] for row in np.linspace(0, len(with_two_people) - 1, PIECES).astype(np.int64)]
    figure = new_figure(width=8, height=6)
    axes = figure.subplots(len(pieces), 2)
    for number, (piece, (tempo, velocity)) in enumerate(zip(pieces, axes, strict=True), start=1):
        people = [task.aligned(path)[0] for path in by_piece[piece][:2]]
        score = people[0].score
        (model,) = sampled_renditions(performer, score, parameters_of(score, people[0].rendition).base, 1)
        beats = np.intersect1d(*(beats_of(person.score) for person in people))[: QUARTERS + 1]
        curves = [(person.score, person.rendition, "0.55") for person in people] + [(score, model, "C3")]
        for played_score, rendition, colour in curves:
            curve = -tempo_curve(played_score, rendition, beats)
            tempo.plot(beats[:-1], np.exp(curve - curve.mean()), color=colour, linewidth=1)
            velocity.plot(beats[:-1], velocity_curve(played_score, rendition, beats), color=colour, linewidth=1)
        if options.sound:
            write_sound(performer, people[0], piece, options.sound / f"performed-{number}.ogg")
        tempo.set_title(piece.rpartition("asap/")[2].replace("/", ", ").replace("_", " "), loc="left", fontsize=8)
        tempo.set_yscale("log", base=2)
        for axis, label in ((tempo, "tempo / mean"), (velocity, "velocity")):
            axis.set_ylabel(label, fontsize=8)
            axis.tick_params(labelsize=7)
            bare(axis)
    for axis in axes[-1]:
        axis.set_xlabel("quarters", fontsize=8)
    figure.suptitle("two people (grey) and the model (red)", fontsize=9)
    options.output.write_bytes(picture_bytes(figure, format="png"))


if __name__ == "__main__":
    main()
