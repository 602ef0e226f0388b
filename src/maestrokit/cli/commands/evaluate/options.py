"""The options of ``maestrokit evaluate``."""

from dataclasses import dataclass

from maestrokit.bounds import COUNT, DAY, Within
from maestrokit.cli.choices import Listed, assigned_to, kept_in, models_for, one_of, set_metrics
from maestrokit.cli.commands.evaluate.listening_options import DIFFERENCE, KIT, RATINGS, SERVE, ListeningOptions
from maestrokit.cli.declare import ASIDE, TIME, Excludes, Fact, flag, not_with, only_with, option
from maestrokit.cli.options import Batch, Inputs, device_option, split_names

score_names = kept_in(
    "maestrokit.cli.commands.evaluate.work:names_in_pairs", "maestrokit.cli.commands.evaluate.sets:names_in_sets"
)
SETS, PAIRS = Fact("a set"), Fact("pairs of an estimate and its reference")
SEQUENCES = Fact("a `model` of events or notes")
WINDOWS = Fact("a `model` that reads windows, such as the transformer")
TRANSCRIBING = Fact("a `model` that transcribes")
SYSTEM, GENERATED = Fact("a scored `system`"), Fact("a `system` that a model generates")
"""What can be scored: facts that an option may depend on."""

SCORED_IN_PAIRS = only_with(PAIRS, TRANSCRIBING)


# fmt: off
@dataclass(frozen=True)
class ModelScoring:
    """The scoring of a model instead of the performances themselves."""

    model: str | None = option(None, "NAME|RUN", "Score, instead of the inputs, how well a model predicts their "
        "events or notes, or transcribes recordings: the name of a shipped model, or a run folder of train.",
        complete=one_of(models_for(None)))
    baseline: str | None = option(None, "PATH", "Also score 5-grams of PATH, or of the train split of a MAESTRO "
        "root.", only_with(SEQUENCES))
    limit: int | None = option(None, "N", "Take only N inputs, spread evenly over all.", COUNT, only_with("`model`"))
    stride: int | None = option(None, "N", "The step of the window, in events or notes. A smaller one "
        "is slower and gives each more context. Default: half the window.", COUNT, only_with(WINDOWS))
    sweep: str | None = option(None, "NAME=VALUES", "Score each of several values "
        "of a threshold: onset_threshold=0.2..0.6, with a step 0.2..0.6/0.05, or 0.2,0.3,0.5.", only_with(TRANSCRIBING),
        complete=assigned_to(kept_in("maestrokit.cli.commands.evaluate.sweep:SWEPT")))
    device: str = device_option("cpu", only_with("`model`", GENERATED))


@dataclass(frozen=True)
class SystemScoring:
    """Several systems, scored beside one another."""

    system: list[str] | None = option(None, "NAME=PATH|MODEL", "Score the performances of PATH, or as many new ones by "
        "MODEL, as a column of one table. May be repeated. MODEL is a run folder of train or a shipped model: "
        "model:MODEL where a file has its name.", Excludes(("model",),
        "`system` NAME=MODEL scores what a model generates, `model` how well it predicts"))
    pieces: int | None = option(None, "N", "Of each system, score N pieces, spread evenly over all. Default: as many "
        "as every one that is given has, at most half of --reference; 50 if all are models.", Within(3, 10_000),
        only_with(SYSTEM))
    seconds: float | None = option(None, "TIME", "Of each piece of a system, score a stretch so long. Default: what "
        "nine of ten pieces of every system have, at most 60 s; models make 30 s. Of a listening kit, length of the "
        "clips. Default: 20 s.", TIME, Within(1, DAY), only_with(SYSTEM, KIT))


@dataclass(frozen=True)
class EvaluateOptions:
    """What is compared with what, how, and how the scores are written."""

    reference: list[str] | None = option(None, "PATH", "Compare with PATH. Pairs are compared if PATH is a single "
        "file, or if each input has one file of its name, as it lies below the folder given, and no reference is "
        "left over; else the inputs are a set, and PATH is a corpus, as a MAESTRO root always is. Without it, a set "
        "is scored by itself. May be repeated.", only_with(SETS, PAIRS, TRANSCRIBING,
        SYSTEM))
    reference_split: str | None = option(None, "NAME", "Of a MAESTRO root given by --reference, only this split. "
        "Default: that of --split, which is the inputs' if one of them is a root too.",
        only_with("`reference`"), complete=one_of(split_names))
    pairs: bool | None = flag(None, "Compare each input with the file of --reference that has its name, or all of "
        "them with all files of --reference. Default: by the names, see --reference; a note says which.",
        only_with("`reference`"), spell="--pairs/--sets")
    metric: list[str] | None = option(None, "NAME", "Score a set by NAME only. May be repeated. Default: all but "
        "frechet_lstm.",
        Listed(set_metrics), only_with(SETS, SYSTEM), complete=one_of(set_metrics))
    training_corpus: list[str] | None = option(None, "PATH", "Search a set for what it has in common, note by note in "
        "any key, with PATH: what a model was trained on; of a MAESTRO root, its train split. Pieces of --reference "
        "that are in it are left out of these scores. Default: of a MAESTRO root given by --reference its train split, "
        "if the model was trained on it. May be repeated.",
        only_with(SETS, SYSTEM))
    onset_tolerance: str = option("50ms", "TIME", "How far onsets of pairs may be off; several with commas, for a "
        "sweep.", TIME, Within(0, 10), SCORED_IN_PAIRS)
    offset_ratio: float = option(0.2, "SHARE", "How far offsets may be off, as a share of the reference's duration.",
        Within(0, 100), SCORED_IN_PAIRS)
    offset_min_tolerance: float = option(0.05, "TIME", "How far offsets may be off at least, however short the "
        "note.", TIME, Within(0, 10), SCORED_IN_PAIRS)
    extend_pedal: bool | None = flag(None, "Extend the notes of MIDI files by the sustain pedal, or not. Default: in "
        "systems, not in pairs.", only_with(PAIRS, SYSTEM), spell="--extend-pedal/--no-extend-pedal")
    format_: str | None = option(None, "NAME", "tsv, csv, jsonl or json for programs, table or html for people, "
        "md or tex for papers. Default: by the suffix of --output (.txt is a table), else tsv.", not_with(KIT, SERVE),
        complete=one_of(kept_in("maestrokit.files.formats:SCORES.formats")), spell="--format")
    per_file: bool = flag(True, "Print the scores of each file before those of all.", not_with(KIT, SERVE, DIFFERENCE),
        spell="--per-file/--no-per-file")
    fail_under: list[str] | None = option(None, "METRIC=VALUE", "Exit with status 1 if METRIC of all files is below "
        "VALUE. May be repeated.", not_with("`system`", SERVE, RATINGS, DIFFERENCE), complete=assigned_to(score_names))
    fail_over: list[str] | None = option(None, "METRIC=VALUE", "Exit with status 1 if METRIC of all files is above "
        "VALUE. May be repeated.", not_with("`system`", SERVE, RATINGS, DIFFERENCE), complete=assigned_to(score_names))
    output: str = option("-", "FILE", "Write to FILE; - is standard output.", ASIDE, not_with(KIT, SERVE),
        spell="--output -o")
# fmt: on


@dataclass(frozen=True)
class Settings:
    """All that is given of an evaluation."""

    inputs: Inputs
    running: Batch
    scoring: ModelScoring
    systems: SystemScoring
    listening: ListeningOptions
    options: EvaluateOptions
    seed: int
    repair: bool
    format: str = "tsv"
    """Of the output."""

    @property
    def has_figures(self) -> bool:
        """Whether the output shows more than tables."""
        return self.format == "html"
