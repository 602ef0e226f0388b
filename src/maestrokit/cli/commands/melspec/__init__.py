"""``maestrokit melspec``: recordings into spectra."""

from typing import Annotated

import typer

from maestrokit.bounds import DAY, SEED, Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.options import ASIDE, Inputs, Outputs, Reading, Running

EXAMPLES = (
    ("The input of a transcription model", "maestrokit melspec take.flac -o take.npz"),
    (
        "A picture of the constant-Q spectrum, in which each key is as high as any other",
        "maestrokit melspec take.flac --spectrum cqt --hop-samples 320 -o take.png",
    ),
    ("A folder, two recordings at once", "maestrokit melspec takes --format safetensors --jobs 2 -d spectra"),
    ("A recording of any length in little memory", "maestrokit melspec take.flac --chunks 60 -o take.npy"),
    (
        "Four variations of each recording, with its MIDI file moved along",
        "maestrokit melspec takes --midi --copies 4 --pitch-shift=-2..2 --time-stretch 0.9..1.1 --reverb 0.2..1 "
        "--noise 15..40 --seed 7 -d varied",
    ),
)
REFERENCES = (
    "Slaney, Auditory Toolbox, Technical Report 1998-010, Interval Research (1998)",
    "Schoerkhuber et al., A Matlab toolbox for efficient perfect reconstruction time-frequency transforms with "
    "log-frequency resolution, AES 53rd Conference (2014)",
    "Laroche and Dolson, Improved phase vocoder time-scale modification of audio, IEEE Transactions on Speech and "
    "Audio Processing 7 (1999)",
)

# The options of augmentation.
Chunks = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Decode and analyse so much at a time, in memory that does not grow with "
        "the recording. The output is the same to the byte.",
    ),
    ASIDE,
    Within(0.001, DAY),
]
Copies = Annotated[
    int | None,
    typer.Option(metavar="N", help="Write N variations of each input, named as take.1.npz, take.2.npz."),
    Within(1, 10_000),
]
PitchShift = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Shift pitch by so many semitones, drawn; whole ones if both ends are."),
    Within(-24, 24),
]
TimeStretch = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Multiply durations by a factor, drawn; 1.1 is slower."),
    Within(0.25, 4),
]
Detune = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Play faster so as to be so many cents higher, drawn."),
    Within(-1200, 1200),
]
Equalise = Annotated[
    float | None,
    typer.Option(metavar="DB", help="Raise or lower five parts of the spectrum by up to DB."),
    Within(0, 60),
]
Reverb = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Put it in a room with a decay time in seconds, drawn."),
    Within(0.01, 20),
]
Room = Annotated[str | None, typer.Option(metavar="FILE", help="Put it in the room whose impulse response is in FILE.")]
Noise = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Add white, pink or brown noise, so many dB softer, drawn."),
    Within(-100, 200),
]
Compress = Annotated[
    str | None, typer.Option(metavar="LOW..HIGH", help="Compress the dynamic range by a ratio, drawn."), Within(1, 100)
]
Gain = Annotated[
    str | None, typer.Option(metavar="LOW..HIGH", help="Make it louder by so many dB, drawn."), Within(-200, 200)
]
Clip = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="Cut off peaks beyond a share of the largest, drawn."),
    Within(0, 1, above=True),
]


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Running,
    spectrum: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="stft (complex), power (its squared magnitude), mel, logmel (in dB) or cqt (variable-Q magnitudes).",
            autocompletion=one_of(kept_in("maestrokit.audio.spectra.settings:KINDS")),
        ),
    ] = "logmel",
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="npz, npy, safetensors, png, svg or pdf. Default: the suffix of --output; npz on standard output and "
            "under --directory.",
            autocompletion=one_of(kept_in("maestrokit.files.formats:SPECTRUM.formats")),
        ),
    ] = None,
    sample_rate: Annotated[
        int, typer.Option(metavar="HZ", help="Resample to HZ first, and to mono."), Within(100, 768_000)
    ] = 16000,
    hop_samples: Annotated[
        int, typer.Option(metavar="N", help="Samples from one frame to the next."), Within(1, 1 << 20)
    ] = 512,
    fft_samples: Annotated[
        int, typer.Option(metavar="N", help="Length of window and transform; even."), Within(2, 1 << 20)
    ] = 2048,
    window: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="hann, hamming, blackman or rectangular. Not of cqt.",
            autocompletion=one_of(kept_in("maestrokit.audio.spectra.windows:COSINE_SUMS")),
        ),
    ] = "hann",
    mels: Annotated[int, typer.Option(metavar="N", help="Number of mel bands."), Within(1, 4096)] = 229,
    minimum_frequency: Annotated[
        float | None,
        typer.Option(metavar="HZ", help="Lower edge of the mel bands, 30 by default; lowest bin of cqt, 27.5."),
        Within(0, 384_000),
    ] = None,
    maximum_frequency: Annotated[
        float, typer.Option(metavar="HZ", help="Upper edge of the mel bands."), Within(0, 384_000, above=True)
    ] = 8000.0,
    floor: Annotated[
        float, typer.Option(metavar="POWER", help="Least power of logmel; 1e-10 is -100 dB."), Within(1e-30, 1_000_000)
    ] = 1e-10,
    bins: Annotated[int, typer.Option(metavar="N", help="Number of bins of cqt."), Within(1, 4096)] = 288,
    bins_per_octave: Annotated[int, typer.Option(metavar="N", help="Of cqt."), Within(1, 1200)] = 36,
    gamma: Annotated[
        float,
        typer.Option(
            metavar="HZ",
            help="Widen each filter of cqt by HZ, so that low keys have short windows; 0 is the constant-Q spectrum, "
            "whose windows of seconds take a little longer.",
        ),
        Within(0, 1000),
    ] = 4.4,
    chunks: Chunks = None,
    pitch_shift: PitchShift = None,
    time_stretch: TimeStretch = None,
    detune: Detune = None,
    equalise: Equalise = None,
    reverb: Reverb = None,
    room: Room = None,
    noise: Noise = None,
    compress: Compress = None,
    gain: Gain = None,
    clip: Clip = None,
    copies: Copies = None,
    midi: Annotated[
        bool,
        typer.Option(
            "--midi",
            help="Read the MIDI file of the same name beside each recording, and write it beside "
            "the output, moved as the recording is.",
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(metavar="N", envvar="MAESTROKIT_SEED", help="From which all that is drawn follows."), SEED
    ] = 0,
) -> None:
    """Turn recordings into spectra: arrays for networks, or pictures for papers.

    Frame n is centred on sample n * hop, with silence beyond the ends. Arrays are spectrum (frames, bins), frequency
    in Hz and time in seconds; the settings, what was drawn, and the commands that made it are in the metadata.
    """
    from maestrokit.audio.spectra.settings import SpectrumSettings
    from maestrokit.cli import batch
    from maestrokit.cli import plan as streams
    from maestrokit.cli.commands.melspec import work as spectrograms
    from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES

    settings = SpectrumSettings(
        kind=spectrum, sample_rate=sample_rate, hop_samples=hop_samples, fft_samples=fft_samples, window=window,
        mels=mels, minimum_frequency=minimum_frequency, maximum_frequency=maximum_frequency, floor=floor, bins=bins,
        bins_per_octave=bins_per_octave, gamma=gamma,
    )  # fmt: skip
    settings.analysis()  # so that impossible settings are told once, before any work
    augmentation = spectrograms.drawing(
        equalise, pitch_shift=pitch_shift, time_stretch=time_stretch, detune=detune, reverb=reverb, noise=noise,
        compress=compress, gain=gain, clip=clip,
    )  # fmt: skip
    spectrograms.check_room(room, sample_rate)
    suffix = spectrograms.spectrum_suffix(format_, outputs)
    work = spectrograms.Spectrogram(
        settings, augmentation, room, copies, seed, midi, chunks, suffix, reading.repair, running.made_by
    )
    spectrograms.check_combination(work, inputs, outputs)
    plan = streams.convert(
        inputs, outputs, running, suffixes=SOUND_SUFFIXES, beside=MIDI_SUFFIXES if midi else (), suffix=suffix,
        targets=work.targets,
    )  # fmt: skip
    for task in plan.tasks[:1]:
        streams.refuse_terminal(task.target, "an array")
    batch.run("melspec", work, plan, running)
