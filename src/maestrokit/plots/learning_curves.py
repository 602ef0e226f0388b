"""Learning curves as a picture: losses of training and validation, and the learning rate, over the steps."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maestrokit.plots.figure import bare, new_figure, picture_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 7.0, 4.2  # inches: the width of a page
TRAIN, VALIDATION, RATE = "#8fa3b5", "#1f5a94", "#7a7a7a"
MANY = 60  # validations; more have no marks of their own
SHOWN = 1.15  # losses above the first validation's by this factor are out of the picture: the first steps are steep


def learning_curves_picture(log: Sequence[Mapping[str, Any]], *, format: str, provenance: Sequence[str] = ()) -> bytes:
    """Return the picture of the records of ``log.jsonl``; see :func:`maestrokit.plots.figure.picture_bytes`."""
    train = [record for record in log if record.get("part") == "train" and "loss" in record]
    validation = [record for record in log if record.get("part") == "validation"]
    figure = new_figure(width=WIDTH, height=HEIGHT)
    losses, rates = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    if train:
        losses.plot(*_points(train, "loss"), color=TRAIN, linewidth=1, label="training")
    mark = "." if len(validation) <= MANY else ""
    losses.plot(*_points(validation, "loss"), color=VALIDATION, linewidth=1.5, marker=mark, label="validation")
    _mark_best(losses, validation)
    if train and validation:
        losses.set_ylim(top=max(SHOWN * validation[0]["loss"], *(record["loss"] for record in validation)))
    losses.set_ylabel("Loss")
    if train or validation:
        losses.legend(frameon=False, loc="upper right")
    rates.plot(*_points([record for record in train if "learning_rate" in record], "learning_rate"), color=RATE)
    rates.set_ylabel("Learning rate")
    rates.set_ylim(bottom=0)
    rates.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
    rates.set_xlabel("Step")
    rates.set_xlim(left=0)
    rates.xaxis.get_major_locator().set_params(integer=True)
    for axes in (losses, rates):
        bare(axes)
        axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    figure.align_ylabels()
    return picture_bytes(figure, format=format, provenance=provenance)


def _points(records: Sequence[Mapping[str, Any]], name: str) -> tuple[list[float], list[float]]:
    return [record["step"] for record in records], [record[name] for record in records]


def _mark_best(axes: "Axes", validation: Sequence[Mapping[str, Any]]) -> None:
    best = [record for record in validation if record.get("best")]
    if not best:
        return
    step, loss = best[-1]["step"], best[-1]["loss"]
    axes.plot(step, loss, "o", color=VALIDATION, markersize=7, markerfacecolor="none", markeredgewidth=1.5)
    accuracy = f", accuracy {best[-1]['accuracy']:.3f}" if "accuracy" in best[-1] else ""
    axes.set_title(f"best: {loss:.4g} at step {step}{accuracy}", fontsize=10, loc="left")
