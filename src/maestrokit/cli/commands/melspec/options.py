"""The options of ``maestrokit melspec``."""

from typing import Annotated

import typer

from maestrokit.bounds import DAY, Within
from maestrokit.cli.choices import ASIDE, kept_in, one_of

Spectrum = Annotated[
    str,
    typer.Option(
        metavar="KIND",
        help="stft (complex), power (its squared magnitude), mel, logmel (in dB) or cqt (variable-Q magnitudes).",
        autocompletion=one_of(kept_in("maestrokit.audio.spectra.settings:KINDS")),
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="npz, npy, safetensors, png, svg or pdf. Default: the suffix of --output; npz on standard output and "
        "under --directory.",
        autocompletion=one_of(kept_in("maestrokit.files.formats:SPECTRUM.formats")),
    ),
]
SampleRate = Annotated[int, typer.Option(metavar="HZ", help="Resample to HZ first, and to mono."), Within(100, 768_000)]
HopSamples = Annotated[int, typer.Option(metavar="N", help="Samples from one frame to the next."), Within(1, 1 << 20)]
FftSamples = Annotated[int, typer.Option(metavar="N", help="Length of window and transform; even."), Within(2, 1 << 20)]
Window = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="hann, hamming, blackman or rectangular. Not of cqt.",
        autocompletion=one_of(kept_in("maestrokit.audio.spectra.windows:COSINE_SUMS")),
    ),
]
Mels = Annotated[int, typer.Option(metavar="N", help="Number of mel bands."), Within(1, 4096)]
MinimumFrequency = Annotated[
    float | None,
    typer.Option(metavar="HZ", help="Lower edge of the mel bands, 30 by default; lowest bin of cqt, 27.5."),
    Within(0, 384_000),
]
MaximumFrequency = Annotated[
    float, typer.Option(metavar="HZ", help="Upper edge of the mel bands."), Within(0, 384_000, above=True)
]
Floor = Annotated[
    float, typer.Option(metavar="POWER", help="Least power of logmel; 1e-10 is -100 dB."), Within(1e-30, 1_000_000)
]
Bins = Annotated[int, typer.Option(metavar="N", help="Number of bins of cqt."), Within(1, 4096)]
BinsPerOctave = Annotated[int, typer.Option(metavar="N", help="Of cqt."), Within(1, 1200)]
Gamma = Annotated[
    float,
    typer.Option(
        metavar="HZ",
        help="Widen each filter of cqt by HZ, so that low keys have short windows; 0 is the constant-Q spectrum, "
        "whose windows of seconds take a little longer.",
    ),
    Within(0, 1000),
]
Midi = Annotated[
    bool,
    typer.Option(
        "--midi",
        help="Read the MIDI file of the same name beside each recording, and write it beside "
        "the output, moved as the recording is.",
    ),
]

# The options of augmentation.
Chunks = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Decode and analyse blocks of this length, so that memory does not grow with the recording. The output "
        "is the same to the byte.",
    ),
    ASIDE,
    Within(0.001, DAY),
]
Copies = Annotated[
    int | None,
    typer.Option(metavar="N", help="Write N augmented copies of each input, named as take.1.npz, take.2.npz."),
    Within(1, 10_000),
]
PitchShift = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Shift the pitch by random semitones; whole ones if both ends are."),
    Within(-24, 24),
]
TimeStretch = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Multiply durations by a random factor; 1.1 is slower."),
    Within(0.25, 4),
]
Detune = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Raise the pitch by random cents, by playing faster."),
    Within(-1200, 1200),
]
Equalise = Annotated[
    float | None,
    typer.Option(metavar="DB", help="Raise or lower five bands of the spectrum by up to DB."),
    Within(0, 60),
]
Reverb = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Reverberate by a room of a random decay time in seconds."),
    Within(0.01, 20),
]
ImpulseResponse = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Reverberate by the impulse response in FILE."),
]
Noise = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Add white, pink or brown noise at a random signal-to-noise ratio in dB."),
    Within(-100, 200),
]
Compress = Annotated[
    str | None, typer.Option(metavar="LOW..HIGH", help="Compress the dynamic range by a random ratio."), Within(1, 100)
]
Gain = Annotated[
    str | None, typer.Option(metavar="LOW..HIGH", help="Change the level by a random gain in dB."), Within(-200, 200)
]
Clip = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Clip peaks beyond a random share of the largest."),
    Within(0, 1, above=True),
]
