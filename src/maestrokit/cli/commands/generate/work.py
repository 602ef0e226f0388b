"""The work of ``maestrokit generate``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestrokit.cli import batch, report
from maestrokit.cli.commands.generate.conditioning import Conditioning
from maestrokit.cli.commands.generate.lines import NoteLines
from maestrokit.cli.commands.generate.options import MODEL, GenerateOptions
from maestrokit.cli.commands.generate.output import NOTE_BY_NOTE, format_of, targets_of, written
from maestrokit.cli.options import Common
from maestrokit.cli.parse import parse_span, seconds
from maestrokit.cli.performances import read_performance
from maestrokit.errors import UsageError
from maestrokit.files import streams
from maestrokit.inference.conditions import condition_codes
from maestrokit.inference.generation.events import GenerationConfig, infill, infilling_model, perform
from maestrokit.inference.generation.notes import no_report
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.model_kinds import AnyModel, GeneratingModel, is_of_notes
from maestrokit.inference.sequence_model import load_generating_model
from maestrokit.inference.style import is_style_model, load_style_model
from maestrokit.music.edits.infill import gap_of
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.performance import Performance

SAMPLING = ("temperature", "top_k", "top_p", "min_p")


@dataclass(frozen=True)
class Generation:
    """What is generated: by which model, how, and after which prompt."""

    options: GenerateOptions
    conditioning: Conditioning
    seed: int
    repair: bool
    made_by: str | None
    is_verbose: bool

    @property
    def config(self) -> GenerationConfig:
        """How it is sampled, by defaults that the model may replace."""
        options = self.options
        return GenerationConfig(
            seconds(options.duration, parameter="duration"),
            options.count,
            self.seed,
            conditions=self.conditioning.by_name(),
            guidance=self.conditioning.guidance,
            best_of=options.best_of,
            rank_by=options.rank_by,
            pedal=options.pedal,
        )

    @property
    def span(self) -> tuple[float, float] | None:
        """From when to when the prompt is replaced."""
        text = self.options.infill
        if text is not None and ".." not in text:
            fact = f"`infill` must be a range of times, not '{text}'"
            raise UsageError(fact, "write FROM..TO, as in `infill`=12s..20s", parameter="infill")
        return None if text is None else parse_span(text, seconds, parameter="infill", example="12s..20s")

    @property
    def format(self) -> str:
        """What is written."""
        return format_of(self.options)

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.options.model or MODEL

    @property
    def targets(self) -> list[str]:
        """The files to write."""
        return targets_of(self.options, self.format, reads=[self.options.prompt])

    def checked_model(self) -> tuple[AnyModel, Encoding, NoteSampling]:
        """Return the model, its encoding and its sampling, once it is known to do what the options ask for.

        Raises
        ------
        UsageError
            If it does not.
        """
        if is_style_model(self.model):
            styles = ", ".join(load_style_model(self.model).styles)
            raise UsageError("`style` is missing", f"styles of '{self.model}': {styles}", parameter="style")
        loaded = load_generating_model(self.model, device=self.options.device)
        model = loaded[0]
        if self.format == NOTE_BY_NOTE and not is_of_notes(model):
            raise UsageError("only a model of notes writes note by note", "choose another `model`", parameter="format")
        condition_codes(model, self.config.conditions)
        if self.span is not None:
            infilling_model(model)
        return loaded

    def performances(self, lines_to: Sequence[str] = ()) -> list[Performance]:
        """Read the model and the prompt; return as many performances as the settings say.

        Notes are written as lines of JSON to as many targets, if there are any, while they are made.
        """
        options = self.options
        model, encoding, fitted = self.checked_model()
        lines = NoteLines(lines_to, encoding)
        config = self.config.with_sampling(fitted, {name: getattr(options, name) for name in SAMPLING})
        if self.is_verbose and is_of_notes(model):
            say_classes(model, config.conditions)
        prompt = None if options.prompt is None else read_performance(options.prompt, repair=self.repair)
        report = lines if lines_to else no_report
        if prompt is not None and self.span is not None:
            start, stop = self.span
            performances = infill(model, encoding, config, prompt, start=start, stop=stop, report=report)
        else:
            length = options.prompt_seconds
            performances = perform(model, encoding, config, prompt=prompt, seconds=length, report=report)
        lines.close()
        return performances


def say_classes(model: GeneratingModel, conditions: Mapping[str, str]) -> None:
    """Print which class of the model each condition by class means."""
    for name, code in condition_codes(model, conditions).items():
        if name in model.class_names:
            report.say(f"{name}: {model.class_names[name][code - 1]}")


def run_generate(generation: Generation, running: Common) -> None:
    """Generate a performance for each target, and write them."""
    options, targets, format = generation.options, generation.targets, generation.format
    _ = generation.config, generation.span  # so that what is wrong is said before any work
    if running.dry_run:
        _, encoding, _ = generation.checked_model()
        if options.prompt not in (None, streams.STANDARD):
            prompt = read_performance(str(options.prompt), repair=generation.repair)
            if generation.span is not None:
                gap_of(prompt, encoding, *generation.span)
        batch.print_plan((options.prompt or generation.model, target) for target in targets)
        return
    lines_to = targets if format == NOTE_BY_NOTE else ()
    written(
        lambda: generation.performances(lines_to), targets, running,
        format=format, repair=generation.repair, made_by=generation.made_by,
    )  # fmt: skip
