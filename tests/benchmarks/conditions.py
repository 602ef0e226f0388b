"""Whether generated pieces meet their conditions: composers, densities and loudnesses.

    python tests/benchmarks/conditions.py [--model NAME] [--pieces N] [--seconds S] [--guidance G,..]

For each composer that the shipped classifier knows and the model was trained on: the mean probability that the
classifier gives to that composer in pieces generated for it, beside that in pieces generated for the others, and how
often it is the most probable class. Then notes per second and mean velocity of pieces generated for several densities
and loudnesses.
"""

import argparse

import numpy as np
from threadpoolctl import threadpool_limits

from maestrokit.analysis.classes import classify
from maestrokit.api.generation import generate
from maestrokit.inference.classes import load_classifier
from maestrokit.inference.sequence_model import SequenceModel, load_event_model
from maestrokit.metrics.piece import piece_of
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.note_arrays import timed_notes

DENSITIES, LOUDNESSES = (4.0, 8.0, 12.0, 16.0), ("pp", "mf", "ff")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="transformer", help="name or run folder")
    parser.add_argument("--pieces", type=int, default=8, help="for each condition")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each piece")
    parser.add_argument("--guidance", default="1,2", help="values, commas between")
    options = parser.parse_args()
    model = load_event_model(options.model)
    size = {"count": options.pieces, "duration": options.seconds, "seed": 1}
    with threadpool_limits(1):
        for guidance in map(float, options.guidance.split(",")):
            print_composers(model, guidance, size)
        print("\nasked            notes a second   mean velocity")
        for name, values in (("density", DENSITIES), ("loudness", LOUDNESSES)):
            for value in values:
                pieces = [
                    piece_of(performance) for performance in generate(model=model, condition={name: value}, **size)
                ]
                density = np.mean([len(piece) / max(piece.seconds, 1) for piece in pieces])
                velocity = np.mean([piece.velocity.mean() for piece in pieces if len(piece)])
                print(f"{name + ' ' + str(value):<17}{density:>14.1f}{velocity:>16.0f}", flush=True)


def print_composers(model: SequenceModel, guidance: float, size: dict[str, float]) -> None:
    """Print how the classifier rates what is generated for each composer."""
    classifier = load_classifier("composers")
    assert isinstance(model.model, NoteModel)
    names = [name for name in classifier.names if name in model.model.class_names.get("composer", ())]
    columns = [classifier.names.index(name) for name in names]
    probability = np.empty(
        (len(names), len(names))
    )  # mean, by composer of the condition and composer of the classifier
    top_share = np.empty(len(names))
    for row, name in enumerate(names):
        generated = [
            timed_notes(performance, pedal_extends=False)
            for performance in generate(model=model, composer=name, guidance=guidance, **size)
        ]
        results = [result for notes in generated if (result := classify(notes, classifier)) is not None]
        probability[row] = np.mean([result.probability[columns] for result in results], axis=0)
        top_share[row] = np.mean([result.probability[columns].argmax() == row for result in results])
    print(f"\nguidance {guidance:g}: composer          for it   for others   most probable", flush=True)
    for row, name in enumerate(names):
        others = np.delete(probability[:, row], row).mean()
        print(f"{name:<28}{probability[row, row]:>8.3f}{others:>13.3f}{top_share[row]:>16.2f}")
    for_others = (probability.sum(0) - probability.diagonal()) / (len(names) - 1)
    print(
        f"{'mean':<28}{probability.diagonal().mean():>8.3f}{for_others.mean():>13.3f}{top_share.mean():>16.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
