"""``maestrokit melspec``: recordings into spectra."""

from maestrokit.cli.commands.melspec.options import MelspecOptions
from maestrokit.cli.declare import only_with
from maestrokit.cli.options import Batch, Inputs, Outputs, Provenance, Reading, Seed

EXAMPLES = (
    ("The input of a transcription model", "maestrokit melspec take.flac -o take.npz"),
    (
        "A picture of the variable-Q spectrum, in which all keys have the same height",
        "maestrokit melspec take.flac --spectrum cqt --hop-samples 320 -o take.png",
    ),
    ("A folder, two recordings at once", "maestrokit melspec takes --format safetensors --jobs 2 -d spectra"),
    ("A recording of any length in little memory", "maestrokit melspec take.flac --chunks 1m -o take.npy"),
    (
        "Four augmented copies of each recording, with its MIDI file transformed alike",
        "maestrokit melspec takes --midi --copies 4 --pitch-shift=-2..2 --time-stretch 0.9..1.1 --reverb 200ms..1s "
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
RANDOM = ("pitch_shift", "time_stretch", "detune", "equalise", "reverb", "noise", "compress", "gain", "clip")
CASES = {"seed": only_with(*(f"`{name}`" for name in RANDOM))}


def run(
    inputs: Inputs,
    outputs: Outputs,
    reading: Reading,
    running: Batch,
    provenance: Provenance,
    options: MelspecOptions,
    seed: Seed = 0,
) -> None:
    """Turn recordings into spectra: arrays for networks, or pictures for papers.

    Frame n is centred on sample n * hop, with silence beyond the ends. Arrays are spectrum (frames, bins), frequency
    in Hz and time in seconds; the settings, the augmentation, and the commands that made it are in the metadata.
    """
    from maestrokit.cli import batch, planning
    from maestrokit.cli.commands.melspec.checks import work_of
    from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES

    work = work_of(options, inputs, outputs, seed=seed, repair=reading.repair, made_by=provenance.made_by)
    plan = planning.convert(
        inputs, outputs, running, suffixes=SOUND_SUFFIXES, beside=MIDI_SUFFIXES if options.midi else (),
        suffix=work.suffix, targets=work.files, reads=work.read_for,
    )  # fmt: skip
    planning.refuse_terminal(plan.targets, "an array")
    batch.run("melspec", work, plan, running)
