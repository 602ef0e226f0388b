"""The section on the training of a model."""

from pathlib import Path

from maestrokit.cli.commands.evaluate.report.contents import Figure, Section
from maestrokit.files import checkpoint
from maestrokit.plots.inline.curves import learning_curves


def learning_sections(folder: Path) -> list[Section]:
    """Return the section of the learning curves of a run; none for models without a log, as shipped ones are."""
    svg = learning_curves(checkpoint.read_log(folder))
    if not svg:
        return []
    caption = "Loss of the validation (dark) and of the training (light) over steps"
    return [Section("Learning curves", figures=[Figure(caption, svg)], is_wide=True)]
