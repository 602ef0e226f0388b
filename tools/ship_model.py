"""Ship a trained model: copy the best weights of a run, with a model card, into the package.

Example::

    python tools/ship_model.py runs/notes1 transformer --command "maestrokit train .." --hardware "one CPU thread"

``src/maestrokit/weights/NAME`` gets config.json, the weights as 16-bit floats, and CARD.md, which says what they were
trained on; ``python tools/run_benchmarks.py "evaluate --model NAME"`` then writes into it how good they are. A shipped
model is replaced only by one that scored better on the same validation: models of events on the same tokens,
transcription models on the recordings of ``tools/fit_thresholds.py``, those of classes on the performances of
``tools/fit_classes.py``, those of chords on the songs of ``tools/fit_chord_durations.py``. Of an improviser its
generator is shipped, a transformer. Cards of models of transcription, chords, critics and improvisers are written by
hand: ``--card FILE``.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from class_tables import ERAS, POP
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint
from maestrokit.models.adversarial.improvise import generating
from maestrokit.music.encodings.notes import FACTORS

LICENCE = """The weights are derived from MAESTRO v3.0.0 (Hawthorne et al., "Enabling Factorized Piano Music Modeling
and Generation with the MAESTRO Dataset", ICLR 2019) and carry its licence: Creative Commons
Attribution-NonCommercial-ShareAlike 4.0 (CC BY-NC-SA 4.0). The program's own licence does not extend to them."""

POP_LICENCE = """ The songs of POP909 (Wang et al., ISMIR 2020) are under the MIT licence."""

EVALUATION = "maestrokit evaluate --model {name} maestro-v3.0.0 --split validation --no-per-file --format table"
CLASS_EVALUATION = ".venv/bin/python tests/benchmarks/classes.py --model {name} --states"
SCORED_ON = ("recordings", "seconds", "performances")
"""What fitted models were scored on; two are comparable if these are equal."""
VALIDATED_ON = ("validation_tokens", "validation_windows", "validation_notes")
"""Settings that say on how much other models were validated; two are comparable if these are equal."""
NOT_YET = "not yet evaluated"


@dataclass(frozen=True)
class ModelCardDetails:
    """What a model card says that the run folder does not."""

    command: str
    """The exact command line."""
    hardware: str
    note: str = ""
    """What else a reader needs to reproduce it."""


def ship(run: Path, shipped: Path, details: ModelCardDetails | str, *, mean_with: Sequence[Path] = ()) -> None:
    """Write the best weights of a run, its settings and its card into the folder of a shipped model.

    UsageError says that the model there is as good, or was validated on other data. The details are those of a
    generated card, or the text of the whole card.
    """
    config, best = _without_folders(checkpoint.read_config(run)), best_record(checkpoint.read_log(run))
    trained = mean_weights([checkpoint.read_weights(folder) for folder in (run, *mean_with)])
    if config["task"] == "improvise":  # without the discriminator it is a transformer
        config, trained = generating(config, trained)
    summary = {"validation_loss": best["loss"], "step": best["step"], "hours": round(best["seconds"] / 3600, 2)}
    if (shipped / checkpoint.CONFIG).exists():
        _check_better(config | {"made": summary}, checkpoint.read_config(shipped))
    weights = {name: value.half() for name, value in trained.items()}
    shipped.mkdir(parents=True, exist_ok=True)
    checkpoint.write_weights(shipped, weights)
    checkpoint.write_config(shipped, config | {"made": summary})
    write_card(shipped, best, details)


def mean_weights(models: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return the mean of the weights of models of one shape; UsageError if they have others."""
    shapes = [{name: value.shape for name, value in weights.items()} for weights in models]
    if any(shape != shapes[0] for shape in shapes):
        raise UsageError("weights of models of different shapes have no mean", "name runs of one shape")
    if len(models) == 1:
        return dict(models[0])
    return {name: torch.stack([weights[name].float() for weights in models]).mean(0) for name in models[0]}


def _without_folders(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ``config.json`` whose pianos are named without the folders that they lay in."""
    training = dict(config["training"])
    if "pianos" in training:
        training["pianos"] = ",".join(Path(piano).name for piano in training["pianos"].split(","))
    return {**config, "training": training}


def write_card(shipped: Path, best: Mapping[str, Any], details: ModelCardDetails | str) -> None:
    """Write the CARD.md of the model in a folder."""
    text = details
    if not isinstance(text, str):
        text = card(shipped.name, checkpoint.read_config(shipped), checkpoint.read_weights(shipped), best, text)
    (shipped / checkpoint.CARD).write_text(text, encoding="utf-8")


def best_record(log: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the log's record of the validation whose weights were kept; BadDataError if there was none."""
    best = [record for record in log if record.get("best")]
    if not best:
        raise BadDataError("the run was never validated, so it has no best weights", "let it train longer")
    return best[-1]


def card(
    name: str,
    config: Mapping[str, Any],
    weights: Mapping[str, torch.Tensor],
    best: Mapping[str, Any],
    details: ModelCardDetails,
) -> str:
    """Return the text of a CARD.md, in which ``tools/run_benchmarks.py`` fills in the table."""
    training, count = config["training"], sum(value.numel() for value in weights.values())
    is_of_classes = config["task"] == "classes"
    evaluation = (CLASS_EVALUATION if is_of_classes else EVALUATION).format(name=name)
    lines = [
        f"# {config['family']}, {count / 1e6:.2f} M parameters",
        f"Task: {config['task']}. Weights: 16-bit floats, those of step {best['step']}, which scored best in "
        "validation.",
        f"## Data\n{(class_data if is_of_classes else event_data)(config)}",
        f"## Command\n```sh\n{details.command}\n```\nSeed {training['seed']}.",
        details.note,
        f"## Hardware and time\n{details.hardware}; {best['seconds'] / 3600:.2f} hours to these weights.",
        f"## Validation\n{(class_scores if is_of_classes else event_scores)(config, best)}",
        f"```sh\n{evaluation}\n```\n\n```\n{NOT_YET}\n```",
        f"## Licence\n{LICENCE}{POP_LICENCE * (POP in config.get('class_names', ()))}",
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def event_data(config: Mapping[str, Any]) -> str:
    """Return what a model of events was trained on, as a sentence."""
    return (
        f"MAESTRO v3.0.0, MIDI only, official split: {config['data']['train']} performances to train, "
        f"{config['data']['validation']} to validate."
    )


def class_data(config: Mapping[str, Any]) -> str:
    """Return what a model of classes was trained on, as sentences, and the table of eras if these are its classes."""
    is_of_genres, counts = POP in config["class_names"], config["data"]
    corpora = "of the training split of MAESTRO v3.0.0 (MIDI)" + " and of POP909" * is_of_genres
    eras = [f"| {era} | {', '.join(composers)} |" for era, composers in ERAS.items()]
    table = "\n".join(["", "", "| era | composers |", "|---|---|", *eras]) if is_of_genres else ""
    return (
        f"The table {'genres' if is_of_genres else 'composers'}.tsv of tools/class_tables.py: {counts['train']} "
        f"performances {corpora} to train, {counts['validation']} others to validate. Nothing was chosen on the "
        f"validation split.{table}"
    )


def event_scores(config: Mapping[str, Any], best: Mapping[str, Any]) -> str:
    """Return how good a model of events was in training, as a sentence."""
    kind = "notes" if config["model"].get("encoding") == "notes" else "tokens"
    known = [f"{factor} {best[factor]:.3f}" for factor in FACTORS if factor in best]
    factors = f" ({', '.join(known)})" if known else ""
    return (
        f"During training, on {config['training']['validation_tokens']} {kind} spread over the validation split: "
        f"{best['loss']:.3f} nats a {kind[:-1]}{factors}, accuracy {best['accuracy']:.3f}."
    )


def class_scores(config: Mapping[str, Any], best: Mapping[str, Any]) -> str:
    """Return the classes of a model, how good it was in training, and what was fitted after it, as sentences."""
    return (
        f"Classes: {', '.join(config['class_names'])}.\n\n"
        f"During training, on excerpts of 20 s, 4 of each held-out performance: {best['loss']:.3f} nats and balanced "
        f"accuracy {best['balanced_accuracy']:.3f}, classes counted equally. tools/fit_classes.py fitted, on whole "
        f"performances of these, the temperature {config.get('temperature', 1.0)} and the threshold "
        f"{config.get('threshold', '(none)')} of the confidence, below which a class is unknown. The following "
        "is on the validation split of MAESTRO."
    )


def _check_better(new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    """Raise UsageError if a new model is not comparable with the shipped one, or not better."""
    if "fitted" in new:
        measure = "objective" if "objective" in new["fitted"] else "balanced_accuracy"
        new_scores, old_scores = new["fitted"], old.get("fitted", {measure: 0.0})
        is_comparable = all(new_scores.get(name) == old_scores.get(name, new_scores.get(name)) for name in SCORED_ON)
        is_better = new_scores[measure] > old_scores[measure]
    else:
        measure, new_scores, old_scores = "validation_loss", new["made"], old["made"]
        kind, old_kind = (config["model"].get("encoding", "events") for config in (new, old))
        tokens, old_tokens = ([config["training"].get(name) for name in VALIDATED_ON] for config in (new, old))
        is_comparable = (kind, tokens) == (old_kind, old_tokens)
        is_better = new_scores[measure] < old_scores[measure]
    if not is_comparable:
        hint = "compare them by evaluate --model, and remove the folder of the worse"
        raise UsageError("the shipped model was validated on other data, so the two cannot be compared", hint)
    if not is_better:
        raise UsageError(
            f"the shipped model is as good: {measure} {old_scores[measure]:.4f}, this one {new_scores[measure]:.4f}"
        )


def main() -> None:
    """Ship the model of a run folder, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("name", help="name of the shipped model")
    parser.add_argument("--card", type=Path, help="the card, written by hand, instead of what follows")
    parser.add_argument("--command", default="", help="the exact command line of the training")
    parser.add_argument("--hardware", default="", help="what it ran on")
    parser.add_argument("--note", default="", help="what else is needed to reproduce it")
    parser.add_argument("--mean-with", type=Path, action="append", default=[], metavar="RUN",
        help="ship the mean of the weights of the run and of this one, from which it began; several times")  # fmt: skip
    parser.add_argument("--card-only", action="store_true", help="rewrite the card of the weights that are there")
    options = parser.parse_args()
    if options.card is None and not (options.command and options.hardware):
        parser.error("a card needs --command and --hardware, or name one by --card")
    shipped = checkpoint.SHIPPED / options.name
    details: ModelCardDetails | str = ModelCardDetails(options.command, options.hardware, options.note)
    if options.card is not None:
        details = options.card.read_text(encoding="utf-8")
    if not options.card_only:
        ship(options.run, shipped, details, mean_with=options.mean_with)
        return
    step = checkpoint.read_config(shipped)["made"]["step"]
    log = checkpoint.read_log(options.run)
    write_card(shipped, next(record for record in log if record["step"] == step and record.get("best")), details)


if __name__ == "__main__":
    main()
