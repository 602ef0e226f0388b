"""``maestrokit evaluate``: how good performances are, alone, against a corpus, or against their references."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from maestrokit.cli.commands.evaluate.listening_options import (
    DIFFERENCE,
    KIT,
    RATINGS,
    SERVE,
    ListeningOptions,
)
from maestrokit.cli.commands.evaluate.options import EvaluateOptions, ModelScoring, Settings, SystemScoring
from maestrokit.cli.declare import not_with
from maestrokit.cli.options import Batch, Inputs, Provenance, Reading, Seed
from maestrokit.errors import ExitStatus

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.evaluation import Evaluation, Scores

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
    (
        "How many listeners find a difference of half a step on a scale from 1 to 5, with 16 clips of each system",
        "maestrokit evaluate --difference 0.5 --clips 16 --format table",
    ),
    (
        "A listening test: the folder kit for browsers, and the key beside it",
        "maestrokit evaluate --listening-kit kit --system human=performances --system lstm=model:lstm --clips 2 "
        "--seconds 5",
    ),
    ("Write a page with figures and sound", "maestrokit evaluate generated --reference performances -o report.html"),
    ("Write a table for a paper", "maestrokit evaluate generated --reference performances -o scores.tex"),
)
REFERENCES = (
    "Yang and Lerch, On the evaluation of generative models in music, Neural Computing and Applications 32 (2020)",
    "Wu and Yang, The Jazz Transformer on the front line, ISMIR 2020",
    "Krippendorff, Computing Krippendorff's alpha-reliability, University of Pennsylvania, 2011",
    "Bradley and Terry, Rank analysis of incomplete block designs, Biometrika 39 (1952)",
    "Westfall, Kenny and Judd, Statistical power and optimal design in experiments in which samples of participants "
    "respond to samples of stimuli, Journal of Experimental Psychology: General 143 (2014)",
    "Raffel et al., mir_eval: a transparent implementation of common MIR metrics, ISMIR 2014",
)
CASES = {
    **dict.fromkeys(("repair", "split", "where"), not_with(SERVE, RATINGS, DIFFERENCE)),
    **dict.fromkeys(("files_from", "files0_from"), not_with(KIT, SERVE)),
    **dict.fromkeys(("jobs", "cluster", "keep_going"), not_with(SERVE)),
    "seed": not_with(SERVE, DIFFERENCE),
}


def run(
    inputs: Inputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    scoring: ModelScoring,
    systems: SystemScoring,
    listening: ListeningOptions,
    options: EvaluateOptions,
    seed: Seed = 0,
) -> None:
    """Score performances: generated ones against a corpus, or estimates against their references.

    Sets: each piece is described by every metric. Printed are the mean over pieces with a 95 % interval by bootstrap,
    and the value that the --reference itself has; metrics named with .overlapped_area and .kl compare distributions.

    Pairs: where each input has a --reference of its own name, or one file is compared with one, precision, recall and
    F1 of onsets, offsets, velocities, frames and pedals are printed, as by mir_eval. --sets and --pairs say which of
    the two is meant.

    Models: with --model, a model of events or notes is scored instead: nats per token, per note and per second,
    perplexity and accuracy, and of notes the nats of time, pitch, velocity and duration; the unit names the encoding,
    and a token is one event or one note, so compare encodings by nats per note. A model that transcribes is scored as
    pairs are, on recordings with their notes beside them (a .mid of their name, else a .tsv, which has no pedal) or in
    --reference; notes last as long as they sound.

    Systems: with --system, several sets, or models that generate one, are columns of one table. Of each, as many
    pieces and as long stretches are scored, notes extended by the pedal in all of them or in none, between a ceiling
    (other pieces of the reference) and a floor (their notes shuffled in time, with pitches of its histogram); the
    reference of a score is the ceiling's. After it, each metric of each system is compared with the others' and the
    ceiling's: the difference of means, Cohen's d, and p of permutation tests, paired where pieces have the same names,
    as it is and corrected after Holm.

    Listening tests: with --listening-kit, the clips of systems become a blind listening test for browsers; --serve
    serves it on this machine and stores the answers; --ratings scores answers, with the --key of their kit: mean
    opinions with intervals for other listeners and other clips, judged_human, turing_success_rate, strengths of pairs,
    Krippendorff's alpha, and comparisons by Wilcoxon's signed ranks, whose effect_size is the rank correlation of
    matched pairs. --difference says how many listeners are needed. docs/listening-tests.md of the project explains all
    of it.

    Columns of TSV and keys of JSON Lines: file (* is all together), metric, value, low, high, unit, n, reference,
    better (higher, lower, or closer to the reference); with --system and --ratings also system, outside (whether the
    interval does not meet the ceiling's), and of comparisons, which have no value, versus, effect_size, p, p_holm,
    paired, difference.
    """
    from maestrokit.cli.commands.evaluate.limits import broken, check_known, limits_of
    from maestrokit.cli.commands.evaluate.tables import score_text
    from maestrokit.files import streams
    from maestrokit.files.formats import SCORES, chosen_format
    from maestrokit.files.tables import encoded

    settings = Settings(inputs, running, scoring, systems, listening, options, seed, reading.repair)
    if listening.is_chosen:
        from maestrokit.cli.commands.evaluate.listening import run_listening

        run_listening(settings, made_by=provenance.made_by)
        return
    format = chosen_format(options.format_, options.output, SCORES, default="tsv")
    limits = limits_of(options.fail_under or (), options.fail_over or ())
    evaluation = _plan(replace(settings, format=format))
    check_known(limits, evaluation.names)
    scores: Scores = evaluation.score()
    if running.dry_run:
        raise typer.Exit(scores.status)
    if scores.status and not scores.files and scores.table is None:
        raise typer.Exit(scores.status)
    text = score_text(
        scores, format=format, title=evaluation.title, per_file=options.per_file, made_by=provenance.made_by
    )
    streams.write_bytes(options.output, encoded(text))
    is_worse = broken(scores.whole, limits)
    if scores.status or is_worse:
        raise typer.Exit(scores.status or int(ExitStatus.NO))


def _plan(settings: Settings) -> "Evaluation":
    """Return what is to be scored: performances, several systems, or a model."""
    from maestrokit.cli.commands.evaluate.evaluation import transcribing

    if settings.systems.system:
        from maestrokit.cli.commands.evaluate.system_plan import plan_systems

        return plan_systems(settings)
    model = settings.scoring.model
    if model is None:
        from maestrokit.cli.commands.evaluate.plan import plan_evaluation

        return plan_evaluation(settings)
    if (folder := transcribing(model)) is not None:
        from maestrokit.cli.commands.evaluate.transcription_models import plan_transcription

        return plan_transcription(settings, folder)
    from maestrokit.cli.commands.evaluate.sequence_models import plan_model

    return plan_model(settings)
