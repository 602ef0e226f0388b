"""The options of ``maestrokit transcribe``."""

from dataclasses import dataclass

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, models_for, one_of
from maestrokit.cli.declare import ASIDE, TIME, Fact, only_with, option
from maestrokit.cli.options import device_option

MIDI = Fact("MIDI as the output")


# fmt: off
@dataclass(frozen=True)
class TranscribeOptions:
    """How every recording is transcribed; None leaves it to the model."""

    model: str = option("transcription", "NAME|RUN", "The name of a shipped model, or a run folder of train cnn.",
        complete=one_of(models_for("transcription")))
    format_: str | None = option(None, "NAME", "mid; tsv (onset, offset, pitch, velocity); or npz, with the model's "
        "posteriors of each 20 ms frame. Default: the suffix of --output, else mid.",
        complete=one_of(kept_in("maestrokit.files.formats:NOTES.formats")), spell="--format")
    onset_threshold: float | None = option(None, "P", "Least onset posterior of a note, 0..1; a lower one finds more "
        "notes. Default: fitted to the model.", Within(0, 1, above=True, below=True))
    min_note: float | None = option(None, "TIME", "Least duration of a note. Default: fitted to the model.",
        TIME, Within(0, 60))
    pedal: str | None = option(None, "NAME", "cc64: the sustain pedal is written, and holds notes whose own ends "
        "are in it. extend: notes last as long as they sound with it, and no pedal is written. none: no pedal is "
        "written, and notes that it held end where the next key is struck. Default: cc64 if the model transcribes the "
        "pedal, else extend; extend for a table.",
        complete=one_of(kept_in("maestrokit.music.edits.pedalling:PEDAL_WAYS")))
    tempo: str | None = option(None, "BPM", "Write this tempo, or with 'track' the beats tracked in the notes, as a "
        "tempo map, with a time signature where the meter is clear. No note moves. Without it the file says that its "
        "tempo has no meaning.", only_with(MIDI), complete=one_of(lambda: ("track",)))
    silence_threshold: float | None = option(None, "DBFS", "Discard notes where the recording is quieter than this, "
        "measured over 0.2 s. Default: -80.", Within(-200, 0))
    min_confidence: float | None = option(None, "P", "Discard notes where the mean posterior of those around them, "
        "over some seconds, is lower, 0..1; 0 keeps all. Default: fitted to the model.", Within(0, 1, below=True))
    tuning: str = option("auto", "HZ", "The concert pitch of the recording, the A above middle C: 380 to 470 Hz; auto: "
        "estimated within half a semitone of 440 Hz, by the first minute, and named if it is more than 15 cents away; "
        "off: 440 Hz. At 415 Hz auto writes notes a semitone lower than they are named.",
        complete=one_of(lambda: ("auto", "off")))
    plot: str | None = option(None, "FILE", "Draw the notes over the spectrum into FILE (.png, .svg or .pdf), "
        "velocities as colour, and the pedal below.", ASIDE)
    threads: int = option(1, "N", "Threads for each input.", Within(1, 1024))
    device: str = device_option("cpu")
