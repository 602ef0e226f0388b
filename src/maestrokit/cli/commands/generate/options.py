"""The options of ``maestrokit generate``."""

from dataclasses import dataclass

from maestrokit.bounds import DAY, LARGEST_COUNT, SHARE, Within
from maestrokit.cli.choices import generating_models, kept_in, one_of, styles_of_models
from maestrokit.cli.declare import ASIDE, TIME, Excludes, argument, not_with, only_with, option
from maestrokit.cli.options import device_option

MODEL = "transformer"
SAMPLED = not_with("`temperature` 0")
SAMPLING = ("duration", "prompt_seconds", "temperature", "top_k", "top_p", "min_p", "count", "best_of", "rank_by",
            "condition", "composer", "density", "loudness", "tempo", "guidance", "seed")  # fmt: skip
"""Options of new music, which a transfer of style has none of."""
NEW = not_with("`perform`")


# fmt: off
@dataclass(frozen=True)
class GenerateOptions:
    """What is made, and how."""

    prompt: str | None = argument("PROMPT", "MIDI file to continue; - is standard input.", ASIDE, default=None)
    output: str | None = option(None, "FILE", "Write to FILE; - is standard output, the default.", ASIDE,
        Excludes(("directory",), "-o names one file, -d a folder for several"), spell="--output -o")
    directory: str | None = option(None, "DIR", "Write DIR/1.mid, DIR/2.mid .. for --count N, or of another "
        "--format.", ASIDE, spell="--directory -d")
    format_: str | None = option(None, "NAME", "mid, flac, wav, ogg; or jsonl: a line for each new note, with onset "
        "and offset in seconds, pitch and velocity, to standard output as it is made. Default: the suffix of --output, "
        "else mid.", spell="--format", complete=one_of(kept_in("maestrokit.files.formats:MUSIC.formats")))
    pedal: str = option("cc64", "NAME", "cc64: beside the notes of a model of notes a sustain pedal is written "
        "where four or more sound together, and keys that it holds are released. extend: no pedal is written, and "
        "keys are down as long as their notes sound, as lines of JSON always have it.",
        not_with("`perform`", "`style`"),
        complete=one_of(kept_in("maestrokit.inference.notes_to_performance:GENERATED_PEDALS")))
    model: str | None = option(None, "NAME|RUN", "The name of a shipped model, or a run folder of train. Default: "
        "transformer, with --perform performer, with --style style.", complete=one_of(generating_models))
    duration: str = option("30s", "TIME", "Length of the new music (30s, 2m); after a prompt, what is "
        "added, counted from the onset of the last note of the prompt, by a model of events from its last event.",
        TIME, NEW)
    prompt_seconds: float | None = option(None, "TIME", "Use only this much of the prompt, from its start.",
        TIME, Within(0, DAY), only_with("`prompt`"))
    infill: str | None = option(None, "FROM..TO", "Replace what lies in this span of the prompt (12s..20s, 1m..1m8s), "
        "which begins in it and lasts 0.1 s or more, and keep all else, by a model that was trained to (train --set "
        "infill=true, the default for notes).",
        TIME, only_with("`prompt`"),
        Excludes(("prompt_seconds", "duration"), "the whole prompt is kept, and the music is as long as the span"))
    style: str | None = option(None, "STYLE", "Turn the whole prompt into this style, by a model of train gan --task "
        "style; a wrong one lists those that the model knows.", only_with("`prompt`"),
        Excludes(("infill", *SAMPLING), "a style is given to the whole prompt, and nothing is sampled"),
        complete=one_of(styles_of_models))
    style_strength: float = option(1.0, "S", "Share of the changes of notes and lengths that is made, the surest "
        "first, and factor of the changes of velocities: 0 leaves the prompt as it is, 1 is what was learnt.", SHARE,
        only_with("`style`"))
    temperature: float | None = option(None, "T", "Below 1 is more conservative, above more varied; 0 takes the most "
        "probable. A model of notes, or of performances, applies this, and the three below, to each of their factors. "
        "Default: as fitted to the model, else 0.95.", Within(0, 100))
    top_k: int | None = option(None, "N", "Sample from the N most probable; 0 from all. Default: as fitted, else 0.",
        Within(0, LARGEST_COUNT), SAMPLED)
    top_p: float | None = option(None, "P", "Sample from the fewest that together have probability P. Default: as "
        "fitted, else 0.98.", Within(0, 1, above=True), SAMPLED)
    min_p: float | None = option(None, "P", "Sample only from those at least P times as probable as the most "
        "probable. Default: as fitted, else 0.", SHARE, SAMPLED)
    count: int = option(1, "N", "Make N performances at once.", Within(1, 10_000))
    device: str = device_option("cpu")
    best_of: int = option(1, "M", "Make M candidates for each performance, and keep the best.", Within(1, 1000),
        not_with("`temperature` 0", "`perform`"))
    rank_by: str = option("likelihood", "NAME|RUN", "What the best is: likelihood, that with the fewest nats a note by "
        "the model itself; critic, that of which a shipped network says most surely that a person played it; or a run "
        "folder of train gan --task critic.", only_with("`best_of`", hint="ask for two candidates or more"),
        complete=one_of(kept_in("maestrokit.inference.critic:rankings")))
