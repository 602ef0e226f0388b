"""Progress of a training: a bar at a terminal, lines with -v, a picture of the learning curves."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from maestrokit.cli import report
from maestrokit.cli.options import Jobs
from maestrokit.cli.parse import spelt_duration
from maestrokit.files import checkpoint
from maestrokit.files.atomic import write_bytes


class Curves:
    """The picture of a run's log, drawn anew with each validation.

    Raises
    ------
    UsageError
        If the name does not end as that of a picture, or matplotlib is not installed.
    """

    def __init__(self, path: str, run: Path, made_by: str | None) -> None:
        from maestrokit.files.formats import PICTURE, format_by_name
        from maestrokit.plots.figure import new_figure

        self._format = format_by_name(path, PICTURE) or "png"
        new_figure(width=1, height=1)  # before hours of training, not after
        self.path, self.run = path, run
        self.provenance = [] if made_by is None else [made_by]

    def draw(self) -> None:
        """Write the picture."""
        from maestrokit.plots.learning_curves import learning_curves_picture

        picture = learning_curves_picture(
            checkpoint.read_log(self.run), format=self._format, provenance=self.provenance
        )
        write_bytes(self.path, picture)


class Display:
    """The bar, and the lines above it; no bar where standard error is no terminal."""

    def __init__(self, running: Jobs, *, is_first: bool) -> None:
        self.has_lines = is_first and running.verbose > 0 and not running.quiet
        self.has_bar = is_first and report.is_terminal() and not running.quiet
        self.label = ""
        self._bar: Any = None
        self._row: Any = None
        self._texts = {"loss": "", "best": "", "speed": "", "left": ""}

    def __enter__(self) -> "Display":
        if self.has_bar:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

            texts = [TextColumn("{task.fields[" + name + "]}") for name in self._texts]
            columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), *texts]
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._row = self._bar.add_task("train", total=None, **self._texts)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tick(self, done: float, shown: Mapping[str, float]) -> None:
        """Show the progress of training."""
        if self._bar is not None:
            loss = f"loss {shown['loss']:.3f}" if "loss" in shown else ""
            self._bar.update(
                self._row, total=1.0 if done else None, completed=done, description=self.label or "train",
                **self._texts | {"loss": loss},
            )  # fmt: skip

    def announce(self, sentence: str) -> None:
        """Say that something begins that takes long: in place of the bar's label, and as a line with ``-v``."""
        if self._bar is not None:
            self._bar.update(self._row, description=sentence)
        if self.has_lines:
            self.say(sentence)

    def report(self, record: Mapping[str, Any]) -> None:
        """Show a record of the log."""
        if "batches_per_second" in record:
            self._texts["speed"] = f"{record['batches_per_second']:.3g} batches/s"
        if record.get("best"):
            self._texts["best"] = f"best {record['loss']:.3f}"
        if record.get("done"):
            left = record["seconds"] * (1 - record["done"]) / record["done"]
            self._texts["left"] = f"{spelt_duration(left)} left"
        if self.has_lines:
            self.say("  ".join(f"{name} {_spelling(value)}" for name, value in record.items()))

    def say(self, line: str) -> None:
        """Print a line; above the bar, where there is one."""
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            report.say(line)


def _spelling(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
