"""The work of ``maestrokit generate --perform``."""

from collections.abc import Sequence
from dataclasses import dataclass

from maestrokit.cli import batch, report
from maestrokit.cli.commands.generate.conditioning import Conditioning
from maestrokit.cli.commands.generate.options import GenerateOptions
from maestrokit.cli.commands.generate.output import format_of, targets_of, written
from maestrokit.cli.commands.generate.performing import Performing
from maestrokit.cli.commands.generate.work import SAMPLING
from maestrokit.cli.options import Common
from maestrokit.cli.performances import read_performance
from maestrokit.errors import MaestrokitError, UsageError, unreadable
from maestrokit.files.musicxml import is_musicxml, read_musicxml
from maestrokit.files.streams import STANDARD, named
from maestrokit.inference.conditions import class_code
from maestrokit.inference.scores.performer import PerformConfig, load_performer, perform_score
from maestrokit.music.performance import Performance

PERFORMER = "performer"


@dataclass(frozen=True)
class ScorePerformance:
    """Which score is performed, by which model, and how."""

    options: GenerateOptions
    conditioning: Conditioning
    performing: Performing
    seed: int
    repair: bool
    made_by: str | None
    is_verbose: bool

    @property
    def score(self) -> str:
        """The file of the score."""
        return str(self.performing.perform)

    @property
    def config(self) -> PerformConfig:
        """What is asked of the performances."""
        performing = self.performing
        return PerformConfig(
            tempo=self.conditioning.tempo,
            rubato=performing.rubato,
            dynamics=performing.dynamics,
            composer=self.conditioning.composer,
            keep=performing.kept_parts,
            count=self.options.count,
            seed=self.seed,
        )

    def read_score(self) -> Performance:
        """Return the score, of MIDI or of MusicXML."""
        if is_musicxml(self.score):
            return read_musicxml(self.score)
        return read_performance(self.score, repair=self.repair)

    def read_example(self) -> Performance | None:
        """Return the performance that means and ranges are taken from, if there is one."""
        like = self.performing.like
        if like is None:
            return None
        example = read_performance(like, repair=self.repair)
        if not len(example.notes):
            raise unreadable(named(like).strip("'"), "it has no notes to take after")
        return example

    def performances(self) -> tuple[Sequence[Performance], list[str]]:
        """Return the performances, and sentences on what was assumed."""
        options = self.options
        performer = load_performer(options.model or PERFORMER, device=options.device)
        changes = {name: value for name in SAMPLING if (value := getattr(options, name)) is not None}
        if self.is_verbose and self.config.composer is not None:
            code = class_code("composer", self.config.composer, performer.composers)
            report.say(f"composer: {performer.composers[code - 1]}")
        score, example = self.read_score(), self.read_example()
        try:
            return perform_score(performer, score, self.config, like=example, sampling=changes)
        except UsageError:
            raise
        except MaestrokitError as error:
            raise unreadable(named(self.score).strip("'"), str(error), error.hint) from None


def run_perform(work: ScorePerformance, running: Common) -> None:
    """Perform a score for each target, and write the performances."""
    if work.options.prompt is not None:
        raise UsageError(
            "a score is performed without a prompt", "leave out `prompt`, or `perform`", parameter="perform"
        )
    if work.score == work.performing.like == STANDARD:
        raise UsageError("standard input is named twice", "it can be read once")
    format = format_of(work.options, whole="a performance of a score")
    targets = targets_of(work.options, format, reads=[work.score, work.performing.like])
    _ = work.config  # so that what is wrong is said before any work
    if running.dry_run:
        load_performer(work.options.model or PERFORMER)
        work.read_score()
        work.read_example()
        batch.print_plan((work.score, target) for target in targets)
        return

    def performances() -> Sequence[Performance]:
        results, notes = work.performances()
        for sentence in notes if not running.quiet else ():
            report.say(f"note: {sentence}")
        return results

    written(performances, targets, running, format=format, repair=work.repair, made_by=work.made_by)
