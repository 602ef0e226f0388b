"""``maestrokit melspec``: recordings into spectra."""

from maestrokit.cli.commands.melspec import options
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading, Seed

EXAMPLES = (
    ("The input of a transcription model", "maestrokit melspec take.flac -o take.npz"),
    (
        "A picture of the constant-Q spectrum, in which all keys have the same height",
        "maestrokit melspec take.flac --spectrum cqt --hop-samples 320 -o take.png",
    ),
    ("A folder, two recordings at once", "maestrokit melspec takes --format safetensors --jobs 2 -d spectra"),
    ("A recording of any length in little memory", "maestrokit melspec take.flac --chunks 60 -o take.npy"),
    (
        "Four augmented copies of each recording, with its MIDI file transformed alike",
        "maestrokit melspec takes --midi --copies 4 --pitch-shift=-2..2 --time-stretch 0.9..1.1 --reverb 0.2..1 "
        "--noise 15..40 --seed 7 -d augmented",
    ),
)
REFERENCES = (
    "Slaney, Auditory Toolbox, Technical Report 1998-010, Interval Research (1998)",
    "Schoerkhuber et al., A Matlab toolbox for efficient perfect reconstruction time-frequency transforms with "
    "log-frequency resolution, AES 53rd Conference (2014)",
    "Laroche and Dolson, Improved phase vocoder time-scale modification of audio, IEEE Transactions on Speech and "
    "Audio Processing 7 (1999)",
)


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    spectrum: options.Spectrum = "logmel",
    format_: options.Format = None,
    sample_rate: options.SampleRate = 16000,
    hop_samples: options.HopSamples = 512,
    fft_samples: options.FftSamples = 2048,
    window: options.Window = "hann",
    mels: options.Mels = 229,
    minimum_frequency: options.MinimumFrequency = None,
    maximum_frequency: options.MaximumFrequency = 8000.0,
    floor: options.Floor = 1e-10,
    bins: options.Bins = 288,
    bins_per_octave: options.BinsPerOctave = 36,
    gamma: options.Gamma = 4.4,
    chunks: options.Chunks = None,
    pitch_shift: options.PitchShift = None,
    time_stretch: options.TimeStretch = None,
    detune: options.Detune = None,
    equalise: options.Equalise = None,
    reverb: options.Reverb = None,
    impulse_response: options.ImpulseResponse = None,
    noise: options.Noise = None,
    compress: options.Compress = None,
    gain: options.Gain = None,
    clip: options.Clip = None,
    copies: options.Copies = None,
    midi: options.Midi = False,
    seed: Seed = 0,
) -> None:
    """Turn recordings into spectra: arrays for networks, or pictures for papers.

    Frame n is centred on sample n * hop, with silence beyond the ends. Arrays are spectrum (frames, bins), frequency
    in Hz and time in seconds; the settings, the augmentation, and the commands that made it are in the metadata.
    """
    from maestrokit.audio.spectra.settings import SpectrumSettings
    from maestrokit.cli import batch
    from maestrokit.cli import plan as streams
    from maestrokit.cli.commands.melspec import checks
    from maestrokit.cli.commands.melspec.work import Spectrogram
    from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES

    settings = SpectrumSettings(
        kind=spectrum, sample_rate=sample_rate, hop_samples=hop_samples, fft_samples=fft_samples, window=window,
        mels=mels, minimum_frequency=minimum_frequency, maximum_frequency=maximum_frequency, floor=floor, bins=bins,
        bins_per_octave=bins_per_octave, gamma=gamma,
    )  # fmt: skip
    settings.analysis()  # so that impossible settings are reported once, before any work
    augmentation = checks.augmentation_of(
        equalise, pitch_shift=pitch_shift, time_stretch=time_stretch, detune=detune, reverb=reverb, noise=noise,
        compress=compress, gain=gain, clip=clip,
    )  # fmt: skip
    checks.check_response(impulse_response, sample_rate)
    suffix = checks.spectrum_suffix(format_, outputs)
    work = Spectrogram(
        settings, augmentation, impulse_response, copies, seed, midi, chunks, suffix, reading.repair,
        provenance.made_by,
    )  # fmt: skip
    checks.check_combination(work, inputs, outputs)
    plan = streams.convert(
        inputs, outputs, running, suffixes=SOUND_SUFFIXES, beside=MIDI_SUFFIXES if midi else (), suffix=suffix,
        targets=work.targets,
    )  # fmt: skip
    for task in plan.tasks[:1]:
        streams.refuse_terminal(task.target, "an array")
    batch.run("melspec", work, plan, running)
