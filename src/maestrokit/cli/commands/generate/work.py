"""The work of ``maestrokit generate``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestrokit.cli import batch, report
from maestrokit.cli import plan as streams
from maestrokit.cli.commands.generate.lines import NoteLines
from maestrokit.cli.errors import about
from maestrokit.cli.options import Common
from maestrokit.cli.parse import parse_duration
from maestrokit.cli.performances import read_performance, write_performance
from maestrokit.errors import UsageError
from maestrokit.files.checkpoint import model_folder
from maestrokit.inference.events import GenerationConfig, infill, load_event_model, perform
from maestrokit.inference.notes import no_report
from maestrokit.models._notes import NoteModel
from maestrokit.music.performance import Performance


@dataclass(frozen=True)
class Generation:
    """What is generated: by which model, how, and after which prompt."""

    model: str
    config: GenerationConfig
    sampling: Mapping[str, float | None]
    """What differs from the sampling fitted to the model."""
    prompt: str | None
    prompt_seconds: float | None
    span: tuple[float, float] | None
    """What of the prompt is replaced, in seconds."""
    repair: bool
    made_by: str | None
    device: str = "cpu"

    def performances(self, lines_to: Sequence[str] = ()) -> list[Performance]:
        """Read the model and the prompt; return as many performances as the settings say.

        Notes are written as lines of JSON to as many targets, if there are any, while they are made.
        """
        model, encoding, fitted = load_event_model(self.model, device=self.device)
        if lines_to and not isinstance(model, NoteModel):
            raise UsageError("only a model of notes writes note by note", "choose another `model`", parameter="format")
        lines = NoteLines(lines_to, encoding)
        config = self.config.with_sampling(fitted, self.sampling)
        prompt = None if self.prompt is None else read_performance(self.prompt, repair=self.repair)
        report = lines if lines_to else no_report
        if prompt is not None and self.span is not None:
            start, stop = self.span
            performances = infill(model, encoding, config, prompt, start=start, stop=stop, report=report)
        else:
            seconds = self.prompt_seconds
            performances = perform(model, encoding, config, prompt=prompt, seconds=seconds, report=report)
        lines.close()
        return performances

    def write(self, performance: Performance, target: str, *, format: str) -> None:
        """Write a performance as MIDI or as audio."""
        if format == "mid":
            write_performance(performance, target, made_by=self.made_by)
            return
        from maestrokit.cli.commands.render.work import Rendering

        Rendering(format=format, repair=self.repair, made_by=self.made_by).render(performance, target)


def span_of(text: str | None) -> tuple[float, float] | None:
    """Return the seconds of FROM..TO.

    Raises
    ------
    UsageError
        If the text is not of that form.
    """
    if text is None:
        return None
    start, dots, stop = text.partition("..")
    if not dots:
        raise UsageError(f"`infill` must be FROM..TO, not '{text}'", "such as 12..20", parameter="infill")
    with about("infill"):
        return parse_duration(start), parse_duration(stop)


def run_generate(generation: Generation, targets: Sequence[str], running: Common, *, format: str) -> None:
    """Generate a performance for each target, and write them."""
    if running.dry_run:
        model_folder(generation.model)
        batch.print_plan((generation.prompt or generation.model, target) for target in targets)
        return
    is_lines = format == "jsonl"
    if not is_lines:
        streams.refuse_terminal(targets[0], "MIDI" if format == "mid" else format)
    lines_to = targets if is_lines else ()
    results = (generation.performances(lines_to) for _ in range(1))  # made while the progress of one input is shown
    (performances,) = report.with_progress(results, names=targets[:1], label="generate", quiet=running.quiet)
    for target, performance in zip(targets, performances, strict=True) if not is_lines else ():
        generation.write(performance, target, format=format)
    if running.verbose:
        report.say(f"{sum(len(performance.notes) for performance in performances)} notes")
