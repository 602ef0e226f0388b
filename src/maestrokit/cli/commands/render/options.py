"""The options of ``maestrokit render``."""

from dataclasses import dataclass

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.declare import TIME, option


# fmt: off
@dataclass(frozen=True)
class RenderOptions:
    """With which piano, where and how performances are rendered."""

    samples: str | None = option(None, "PATH", "Use the piano in PATH: a folder of the Salamander's samples, or a "
        "soundfont (.sf2, .sf3). Default: the shipped compact Salamander.")
    sample_rate: int = option(44100, "HZ", "Samples per second.", Within(8000, 192_000))
    channels: int = option(2, "N", "1 is mono, 2 is stereo.", Within(1, 2))
    room: str = option("small", "NAME|TIME", "none, small, hall, or the reverberation time.", TIME,
        complete=one_of(lambda: ("none", *kept_in("maestrokit.audio.effects.room:NAMED")())))
    gain: float = option(0.0, "DB", "Raise the level by DB. Peaks near full scale are limited softly, not clipped.",
        Within(-60, 40))
    format_: str | None = option(None, "NAME", "flac, wav or ogg. Default: the suffix of --output; wav on standard "
        "output, flac under --directory.", complete=one_of(kept_in("maestrokit.files.formats:SOUND.formats")),
        spell="--format")
