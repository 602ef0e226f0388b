"""``maestrokit evaluate``: how good performances are, alone, against a corpus, or against their references."""

from typing import TYPE_CHECKING

import typer

from maestrokit.cli.commands.evaluate import options
from maestrokit.cli.commands.evaluate.model_options import ModelScoring
from maestrokit.cli.commands.evaluate.system_options import SystemScoring
from maestrokit.cli.options import Batch, Inputs, Provenance, Reading, Seed
from maestrokit.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.evaluation import Evaluation, Scores, Settings

EXAMPLES = (
    ("Score a transcription against its reference", "maestrokit evaluate take.mid --reference reference.mid"),
    (
        "Score generated pieces against a corpus",
        "maestrokit evaluate generated --reference performances --format table",
    ),
    (
        "How well the shipped LSTM predicts the events of the validation performances of MAESTRO",
        "maestrokit evaluate --model lstm maestro-v3.0.0 --split validation --baseline maestro-v3.0.0",
    ),
    (
        "How well the shipped model transcribes a recording with its notes beside it, by threshold",
        "maestrokit evaluate --model transcription takes --sweep onset_threshold=0.3..0.5/0.1 --format table",
    ),
    (
        "Two models beside one another, between other performances of the corpus and noise",
        "maestrokit evaluate --system a=generated --system b=lstm --seconds 10 --reference performances -o systems.txt",
    ),
    ("Write a report for people", "maestrokit evaluate generated --reference performances -o report.html"),
)
REFERENCES = (
    "Yang and Lerch, On the evaluation of generative models in music, Neural Computing and Applications 32 (2020)",
    "Wu and Yang, The Jazz Transformer on the front line, ISMIR 2020",
    "Raffel et al., mir_eval: a transparent implementation of common MIR metrics, ISMIR 2014",
)


def run(
    inputs: Inputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    scoring: ModelScoring,
    comparing: SystemScoring,
    reference: options.References = None,
    reference_split: options.ReferenceSplit = None,
    pairs: options.Pairs = None,
    metric: options.Metrics = None,
    training_corpus: options.TrainingCorpus = None,
    onset_tolerance: options.OnsetTolerance = "0.05",
    offset_ratio: options.OffsetRatio = 0.2,
    offset_min_tolerance: options.OffsetMinTolerance = 0.05,
    extend_pedal: options.ExtendPedal = None,
    format_: options.Format = None,
    per_file: options.PerFile = True,
    fail_under: options.FailUnder = None,
    fail_over: options.FailOver = None,
    output: options.Output = "-",
    seed: Seed = 0,
) -> None:
    """Score performances: generated ones against a corpus, or estimates against their references.

    Set mode describes each piece by every metric, prints the mean over pieces with a 95 % interval by bootstrap, and
    the value that the reference itself has; metrics named with .overlapped_area and .kl compare distributions.
    With --model, a model of events or notes is scored instead: nats per token, per note and per second, perplexity and
    accuracy, and of notes the nats of time, pitch, velocity and duration; the unit names the encoding, and a token is
    one event or one note, so compare encodings by nats per note. A model that transcribes is scored as pairs are, on
    recordings with their notes beside them (a .tsv or .mid of their name, the pedal as the .mid has it) or in
    --reference; notes last as long as they sound.
    With --system, several sets, or models that generate one, are columns of one table. Of each, as many pieces and as
    long stretches are scored, the pedal applied alike, between a ceiling (other pieces of the reference) and a floor
    (their notes strewn in time, with pitches of its histogram); the reference of a score is the ceiling's. After it,
    each metric of each system is compared with the others' and the ceiling's: the difference of means (value), Cohen's
    d, and p of permutation tests, paired where pieces have the same names, as it is and corrected after Holm.
    Pair mode gives precision, recall and F1 of onsets, offsets, velocities, frames and pedals, as mir_eval does.
    Columns of TSV and keys of JSON Lines: file (* is all together), metric, value, low, high, unit, n, reference,
    better (higher, lower, or alike: the nearer to the reference the better); with --system also system, outside
    (whether the interval does not meet the ceiling's), and of comparisons versus, effect_size, p, p_holm, paired.
    """
    from maestrokit.cli.commands.evaluate.evaluation import Settings
    from maestrokit.cli.commands.evaluate.limits import broken, check_known, limits_of
    from maestrokit.cli.commands.evaluate.tables import score_text
    from maestrokit.files import streams as files
    from maestrokit.files.formats import SCORES, chosen_format
    from maestrokit.files.tables import encoded

    format = chosen_format(format_, output, SCORES, default="tsv")
    limits = limits_of(fail_under or (), fail_over or ())
    settings = Settings(
        tuple(reference or ()), reference_split, pairs, tuple(metric or ()), tuple(training_corpus or ()),
        onset_tolerance, offset_ratio, offset_min_tolerance, extend_pedal, seed, reading.repair,
    )  # fmt: skip
    if comparing.system and (limits or format == "html"):
        fact = "systems are written as table, tsv, csv, json or jsonl, and have no limits"
        raise UsageError(fact, "leave out what `system` does not do", parameter="system")
    evaluation = _plan(inputs, running, scoring, comparing, settings, output)
    check_known(limits, evaluation.names)
    scores: Scores = evaluation.score()
    if running.dry_run:
        return
    if scores.table is not None:
        from maestrokit.cli.commands.evaluate.system_tables import system_text

        files.write_bytes(output, encoded(system_text(scores.table, format=format, per_file=per_file)))
        raise typer.Exit(scores.status)
    if scores.status and not scores.files:
        raise typer.Exit(scores.status)
    each = scores.files if per_file else []
    text = score_text(each, scores.whole, format=format, title=evaluation.title, made_by=provenance.made_by)
    files.write_bytes(output, encoded(text))
    is_worse = broken(scores.whole, limits)
    if scores.status or is_worse:
        raise typer.Exit(scores.status or int(ExitStatus.NO))


def _plan(
    inputs: Inputs, running: Batch, scoring: ModelScoring, comparing: SystemScoring, settings: "Settings", output: str
) -> "Evaluation":
    """Return what is to be scored: performances, several systems, or a model."""
    from maestrokit.cli.commands.evaluate.evaluation import transcribing

    if comparing.system:
        from maestrokit.cli.commands.evaluate.system_plan import plan_systems

        return plan_systems(inputs, running, comparing, scoring, settings, output=output)
    for given, name in ((comparing.pieces, "pieces"), (comparing.seconds, "seconds")):
        if given is not None:
            raise UsageError(f"`{name}` is of systems", "name them with `system`", parameter=name)
    folder = None if scoring.model is None else transcribing(scoring.model)
    if scoring.sweep is not None and folder is None:
        fact = "`sweep` needs a model that transcribes"
        raise UsageError(fact, "name one with `model`: transcription", parameter="sweep")
    if scoring.model is None:
        from maestrokit.cli.commands.evaluate.plan import plan_evaluation

        return plan_evaluation(inputs, running, settings, output=output)
    if folder is not None:
        from maestrokit.cli.commands.evaluate.transcription_models import plan_transcription

        return plan_transcription(inputs, running, scoring, settings, folder=folder, output=output)
    from maestrokit.cli.commands.evaluate.sequence_models import plan_model

    return plan_model(inputs, running, scoring, settings, output=output)
