"""The options of ``maestrokit train``."""

from dataclasses import MISSING, dataclass

from maestrokit.bounds import COUNT
from maestrokit.cli.choices import Sets, assigned_to, kept_in, models_for, one_of, tasks, training_settings
from maestrokit.cli.declare import ASIDE, TIME, argument, only_with, option
from maestrokit.cli.options import column_names, device_option


# fmt: off
@dataclass(frozen=True)
class Searching:
    """The search for good settings."""

    tune: int | None = option(None, "N", "Search for good settings by N trainings, each up to --steps, --time-limit "
        "or --patience; bad ones are ended early. The search covers learning_rate 1e-4..1e-3, batch 32..128, length "
        "128..1024, dropout 0..0.5, weight_decay 1e-4..0.1, except those that are given, and what --set gives as "
        "NAME=LOW..HIGH or NAME=A|B. RUN gets tune.json, trials/0 .., and the weights of the best.", COUNT)
    tune_storage: str | None = option(None, "URL", "Keep the trials in this storage of Optuna, such as "
        "sqlite:////shared/tune.db or mysql://.., instead of in RUN/tune.db; several machines that use one, each "
        "with its own RUN, share a search.", ASIDE, only_with("`tune`"))


@dataclass(frozen=True)
class TrainOptions:
    """What is trained, on what, how and where."""

    family: str = argument("FAMILY", "Kind of model: lstm, transformer, gan, cnn.",
        complete=one_of(kept_in("maestrokit.models:families")))
    data: list[str] = argument("DATA", "Files, folders or a MAESTRO root, whose official split is kept; of all else "
        "80 % of the pieces are for training, 10 % for validation and 10 % for tests. For --task classes, folders are "
        "classes, or tables (.tsv) of a file and its class in each line, with the header file, class, split also its "
        "part; what is of the class unknown is an example of what is of no class. These are MIDI files, or recordings. "
        "For --task chords, recordings or MIDI files have chords of their name beside them (.lab or .txt in Harte's "
        "syntax, POP909's or DCML's layout). For --task performance, the folder of a piece holds its score (score.mid, "
        "midi_score.mid or score.musicxml) and performances of it (.mid), which are aligned with the score, or have "
        "tables as those of (n)ASAP. For --task critic, people's performances come first, then a folder of "
        "generated ones.")
    output: str = option(MISSING, "RUN", "Folder of the run; an existing run is resumed.", spell="--output -o")
    task: str | None = option(None, "NAME", "Task to train for, where the family has several.",
        complete=one_of(tasks))
    from_: str | None = option(None, "COLUMN=TEXT", "For --task style, the first of the two sets: the rows of a "
        "MAESTRO root whose COLUMN contains TEXT (composer=Bach); accents and case do not count, and arrangements (with"
        " \" / \") are left out. Without, two folders or a table of two classes say the sets.", spell="--from",
        complete=assigned_to(column_names))
    to: str | None = option(None, "COLUMN=TEXT", "For --task style, the second set. Both directions are learnt; a set "
        "is called by TEXT, or by its folder, in lower case.",
        complete=assigned_to(column_names))
    init: str | None = option(None, "NAME|RUN", "Start from the weights of a shipped model or of another run, to "
        "fine-tune them; parts that --set adds start new, and so does the last layer where the classes are others. "
        "gan --task improvise begins with a transformer of notes.",
        complete=one_of(models_for(None)))
    steps: int | None = option(None, "N", "End after N steps of the optimizer.")
    time_limit: str | None = option(None, "TIME", "End after TIME of training (90s, 30m, 1h30m), resumed time "
        "included.", TIME)
    patience: int | None = option(None, "N", "End after N validations without improvement (10); 0 is never.")
    batch: int | None = option(None, "N", "Examples per batch.")
    length: int | None = option(None, "N", "Length of the sequences, in tokens or frames.")
    learning_rate: float | None = option(None, "RATE", "Highest learning rate, after warm-up and before cosine decay.")
    dropout: float | None = option(None, "SHARE", "Share of activations dropped in training.")
    weight_decay: float | None = option(None, "RATE", "Decoupled weight decay (AdamW) of the weight matrices.")
    settings: list[str] | None = option(None, "NAME=VALUE", "Any other setting of model, data or training: "
        "the end of maestrokit-train(1) explains them, a wrong NAME lists them.", Sets(training_settings),
        complete=assigned_to(training_settings), spell="--set")
    plot: str | None = option(None, "FILE", "Draw the learning curves into FILE (.png, .svg or .pdf), anew with each "
        "validation.", ASIDE)
    device: str = device_option("auto")
    cache: str | None = option(None, "DIR", "Keep prepared data in DIR instead of the user's cache folder; they are "
        "identified by content.")
