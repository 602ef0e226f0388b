"""The work of ``maestrokit generate``."""

from dataclasses import dataclass

from maestrokit.cli import batch, report
from maestrokit.cli.commands.generate.options import GenerateOptions
from maestrokit.cli.options import Common
from maestrokit.cli.parse import parse_time
from maestrokit.cli.performances import read_performance, write_performance
from maestrokit.cli.plan import refuse_terminal
from maestrokit.files import streams
from maestrokit.files.checkpoint import model_folder
from maestrokit.files.formats import MUSIC, format_by_name
from maestrokit.inference.events import GenerationConfig, load_event_model, perform
from maestrokit.music.performance import Performance

SAMPLING = ("temperature", "top_k", "top_p", "min_p")


@dataclass(frozen=True)
class Generation:
    """What is generated: by which model, how, and after which prompt."""

    options: GenerateOptions
    seed: int
    repair: bool
    made_by: str | None

    @property
    def config(self) -> GenerationConfig:
        """How it is sampled, by defaults that the model may replace."""
        return GenerationConfig(
            float(parse_time(self.options.duration, parameter="duration")), self.options.count, self.seed
        )

    @property
    def targets(self) -> list[str]:
        """The files to write."""
        options = self.options
        if options.directory is None:
            return [options.output or streams.STANDARD]
        return [f"{options.directory}/{number + 1}.mid" for number in range(options.count)]

    def performances(self) -> list[Performance]:
        """Read the model and the prompt; return as many performances as the settings say."""
        options = self.options
        model, encoding, fitted = load_event_model(options.model)
        config = self.config.with_sampling(fitted, {name: getattr(options, name) for name in SAMPLING})
        prompt = None if options.prompt is None else read_performance(options.prompt, repair=self.repair)
        return perform(model, encoding, config, prompt=prompt, seconds=options.prompt_seconds)

    def write(self, performance: Performance, target: str, *, format: str) -> None:
        """Write a performance as MIDI or as audio."""
        if format == "mid":
            write_performance(performance, target, made_by=self.made_by)
            return
        from maestrokit.cli.commands.render.options import RenderOptions
        from maestrokit.cli.commands.render.work import Rendering

        Rendering(RenderOptions(), format, self.repair, self.made_by).render(performance, target)


def run_generate(generation: Generation, running: Common) -> None:
    """Generate a performance for each target, and write them."""
    options, targets, _ = generation.options, generation.targets, generation.config
    format = format_by_name(targets[0], MUSIC) or "mid"
    if running.dry_run:
        model_folder(options.model)
        batch.print_plan((options.prompt or options.model, target) for target in targets)
        return
    refuse_terminal(targets, "MIDI")
    results = (generation.performances() for _ in range(1))  # made while the progress of one input is shown
    (performances,) = report.with_progress(results, names=targets[:1], label="generate", quiet=running.quiet)
    for target, performance in zip(targets, performances, strict=True):
        generation.write(performance, target, format=format)
    if running.verbose:
        report.say(report.counted(sum(len(performance.notes) for performance in performances), "note"))
