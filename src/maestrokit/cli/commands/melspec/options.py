"""The options of ``maestrokit melspec``."""

from dataclasses import dataclass

from maestrokit.bounds import DAY, Within
from maestrokit.cli.choices import Sets, kept_in, one_of
from maestrokit.cli.declare import ASIDE, TIME, Excludes, flag, not_with, only_with, option

MEL, CQT, NOT_CQT = only_with("`spectrum` mel|logmel"), only_with("`spectrum` cqt"), not_with("`spectrum` cqt")


# fmt: off
@dataclass(frozen=True)
class MelspecOptions:
    """Which spectrum, and how recordings are changed before."""

    spectrum: str = option("logmel", "KIND", "stft (complex), power (its squared magnitude), mel, logmel (in dB) or "
        "cqt (variable-Q magnitudes, constant-Q with --gamma 0).", Sets(lambda: ["kind"]),
        complete=one_of(kept_in("maestrokit.audio.spectra.settings:KINDS")))
    format_: str | None = option(None, "NAME", "npz, npy, safetensors, png, svg or pdf. Default: the suffix of "
        "--output; npz on standard output and under --directory.",
        complete=one_of(kept_in("maestrokit.files.formats:SPECTRUM.formats")), spell="--format")
    sample_rate: int = option(16000, "HZ", "Resample to HZ first, and to mono.", Within(100, 768_000))
    hop_samples: int = option(512, "N", "Samples from one frame to the next.", Within(1, 1 << 20))
    fft_samples: int = option(2048, "N", "Length of window and transform; even.", Within(2, 1 << 20), NOT_CQT)
    window: str = option("hann", "NAME", "hann, hamming, blackman or rectangular.", NOT_CQT,
        complete=one_of(kept_in("maestrokit.audio.spectra.windows:COSINE_SUMS")))
    mels: int = option(229, "N", "Number of mel bands.", Within(1, 4096), MEL)
    minimum_frequency: float | None = option(None, "HZ", "Lower edge of the mel bands, 30 by default; lowest bin of "
        "cqt, 27.5.", Within(0, 384_000), only_with("`spectrum` mel|logmel|cqt"))
    maximum_frequency: float = option(8000.0, "HZ", "Upper edge of the mel bands.", Within(0, 384_000, above=True),
        MEL)
    floor: float = option(1e-10, "POWER", "Least power of logmel; 1e-10 is -100 dB.", Within(1e-30, 1_000_000),
        only_with("`spectrum` logmel"))
    bins: int = option(288, "N", "Number of bins.", Within(1, 4096), CQT)
    bins_per_octave: int = option(36, "N", "Bins in an octave.", Within(1, 1200), CQT)
    gamma: float = option(4.4, "HZ", "Widen each filter by HZ, so that low keys have short windows; 0 is the "
        "constant-Q spectrum, whose windows of seconds take a little longer.", Within(0, 1000), CQT)
    chunks: float | None = option(None, "TIME", "Decode and analyse blocks of this length, so that memory does "
        "not grow with the recording, unless it comes through a pipe. The output is the same to the byte.",
        ASIDE, TIME, Within(0.001, DAY))
    pitch_shift: str | None = option(None, "LOW..HIGH", "Shift the pitch by random semitones; whole ones if both "
        "ends are.", Within(-24, 24))
    time_stretch: str | None = option(None, "LOW..HIGH", "Multiply durations by a random factor; 1.1 is slower.",
        Within(0.25, 4))
    detune: str | None = option(None, "LOW..HIGH", "Raise the pitch by random cents, by playing faster.",
        Within(-1200, 1200))
    equalise: float | None = option(None, "DB", "Raise or lower five bands of the spectrum by up to DB.",
        Within(0, 60))
    reverb: str | None = option(None, "LOW..HIGH", "Reverberate by a room of a random decay time, such as 200ms..1s.",
        TIME, Within(0.01, 20), Excludes(("impulse_response",), "`reverb` makes rooms of its own"))
    impulse_response: str | None = option(None, "FILE", "Reverberate by the impulse response in FILE.")
    noise: str | None = option(None, "LOW..HIGH", "Add white, pink or brown noise at a random signal-to-noise ratio "
        "in dB.", Within(-100, 200))
    compress: str | None = option(None, "LOW..HIGH", "Compress the dynamic range by a random ratio.", Within(1, 100))
    gain: str | None = option(None, "LOW..HIGH", "Change the level by a random gain in dB.", Within(-200, 200))
    clip: str | None = option(None, "LOW..HIGH", "Clip peaks beyond a random share of the largest.",
        Within(0, 1, above=True))
    copies: int | None = option(None, "N", "Write N augmented copies of each input, named as take.1.npz, take.2.npz.",
        Within(1, 10_000))
    midi: bool = flag(False, "Read the MIDI file of the same name beside each recording, and write it beside the "
        "output, moved as the recording is.", spell="--midi")
