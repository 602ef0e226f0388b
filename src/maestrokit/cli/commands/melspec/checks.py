"""From the options of ``maestrokit melspec`` to its work, and which of them exclude each other."""

from dataclasses import fields
from typing import Any

from maestrokit.audio.effects.augment import Augmentation, Span
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.cli.commands.melspec.options import MelspecOptions
from maestrokit.cli.commands.melspec.work import Spectrogram
from maestrokit.cli.options import Inputs, Outputs
from maestrokit.cli.parse import parse_span, seconds
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import formats
from maestrokit.files.sound.read import read_sound

SPANS = {
    "pitch_shift": "-2..2", "time_stretch": "0.9..1.1", "detune": "-20..20", "reverb": "200ms..1s", "noise": "15..40",
    "compress": "1..3", "gain": "-6..6", "clip": "0.5..1",
}  # fmt: skip
"""The random effects that are declared as LOW..HIGH, each with an example."""


def work_of(
    options: MelspecOptions, inputs: Inputs, outputs: Outputs, *, seed: int, repair: bool, made_by: str | None
) -> Spectrogram:
    """Return the work that the options describe.

    Raises
    ------
    UsageError
        If options are impossible, or exclude each other.
    """
    values = vars(options)
    names = [field.name for field in fields(SpectrumSettings) if field.name != "kind"]
    settings = SpectrumSettings(kind=options.spectrum, **{name: values[name] for name in names})
    settings.analysis()  # so that impossible settings are reported once, before any work
    spans: dict[str, Any] = {name: _span(name, values[name]) for name in SPANS}
    check_response(options.impulse_response, options.sample_rate)
    suffix = f".{formats.chosen_format(options.format_, outputs.output, formats.SPECTRUM, default='npz')}"
    augmentation = Augmentation(equalise=options.equalise, **spans)
    work = Spectrogram(
        settings, augmentation, options.impulse_response, options.copies, seed, options.midi, options.chunks, suffix,
        repair, made_by,
    )  # fmt: skip
    check_combination(work, inputs, outputs)
    return work


def _span(name: str, text: str | None) -> Span | None:
    if text is None:
        return None
    return parse_span(text, seconds if name == "reverb" else float, parameter=name, example=SPANS[name])


def check_combination(work: Spectrogram, inputs: Inputs, outputs: Outputs) -> None:
    """Raise UsageError if options exclude each other."""
    chunks, copies, has_midi = work.chunk_seconds, work.copies, work.has_midi
    if chunks is not None and (work.is_augmented or work.is_picture or copies is not None or has_midi):
        fact = "`chunks` works with plain arrays only"
        raise UsageError(fact, "pictures and augmentation need the whole recording", parameter="chunks")
    to_standard_output = outputs.directory is None and outputs.output in (None, "-")
    if copies is not None and not work.is_augmented:
        fact = "`copies` without augmentation would be all the same"
        raise UsageError(fact, "add `pitch_shift` or another one", parameter="copies")
    if (copies is not None or has_midi) and to_standard_output:
        raise UsageError("several outputs need names", "use -o FILE or -d DIR")
    if has_midi and "-" in (inputs.inputs or []):
        fact = "`midi` reads the file beside a recording, and standard input has none"
        raise UsageError(fact, "name the recording", parameter="midi")


def check_response(path: str | None, sample_rate: int) -> None:
    """Raise BadDataError if an impulse response is given and cannot be read, or is silent."""
    if path is not None and not read_sound(path, sample_rate=sample_rate).samples.any():
        raise BadDataError(f"'{path}' is silent, and no impulse response", "record a clap or a sweep in a room")
