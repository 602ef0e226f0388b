"""The work of ``maestrokit generate --style``."""

from dataclasses import dataclass

from maestrokit.cli import batch
from maestrokit.cli.commands.generate.options import GenerateOptions
from maestrokit.cli.commands.generate.output import format_of, targets_of, written
from maestrokit.cli.options import Common
from maestrokit.cli.performances import read_performance
from maestrokit.errors import BadDataError
from maestrokit.files import streams
from maestrokit.inference.style import load_style_model, transferred
from maestrokit.music.performance import Performance

TRANSFERRING = "style"  # the shipped model that does


@dataclass(frozen=True)
class StyleTransfer:
    """Which performance gets which style, by which model."""

    options: GenerateOptions
    style: str
    repair: bool
    made_by: str | None

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.options.model or TRANSFERRING

    @property
    def prompt(self) -> str:
        """The file of the performance."""
        return str(self.options.prompt)

    def performance(self) -> Performance:
        """Read the model and the prompt; return the prompt in the style."""
        model = load_style_model(self.model, device=self.options.device)
        model.generator(self.style)  # so that a wrong name is said before the prompt is read
        prompt = read_performance(self.prompt, repair=self.repair)
        try:
            return transferred(prompt, model, self.style, strength=self.options.style_strength)
        except BadDataError as error:
            fact = f"cannot transfer {streams.named(self.prompt)}: {error.fact}"
            raise BadDataError(fact, error.hint, path=self.prompt) from None


def run_style(work: StyleTransfer, running: Common) -> None:
    """Give a performance another style, and write it."""
    format = format_of(work.options, whole="a piece in another style")
    targets = targets_of(work.options, format, reads=[work.prompt])
    if running.dry_run:
        load_style_model(work.model).generator(work.style)
        if work.prompt != streams.STANDARD:
            read_performance(work.prompt, repair=work.repair)
        batch.print_plan((work.prompt, target) for target in targets)
        return
    written(lambda: [work.performance()], targets, running, format=format, repair=work.repair, made_by=work.made_by)
