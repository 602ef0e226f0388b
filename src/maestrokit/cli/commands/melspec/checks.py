"""From the options of ``maestrokit melspec`` to its work, and which of them exclude each other."""

from typing import Any

import numpy as np

from maestrokit.audio.effects.augment import Augmentation, Span
from maestrokit.cli.commands.melspec.work import Spectrogram
from maestrokit.cli.options import Inputs, Outputs
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import formats
from maestrokit.files.sound.read import read_sound


def augmentation_of(equalise: float | None, **spans: str | None) -> Augmentation:
    """Return the augmentation that the options describe, each given by its name.

    Raises
    ------
    UsageError
        If an option is no range.
    """
    ranges: dict[str, Any] = {name: parse_span(text, parameter=name) for name, text in spans.items()}
    return Augmentation(equalise=equalise, **ranges)


def spectrum_suffix(format_: str | None, outputs: Outputs) -> str:
    """Return the suffix of the outputs: that of the format, or of the output's name.

    Raises
    ------
    UsageError
        If spectra have no such format.
    """
    return f".{formats.chosen_format(format_, outputs.output, formats.SPECTRUM, default='npz')}"


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


def parse_span(text: str | None, *, parameter: str) -> Span | None:
    """Return the two ends of ``LOW..HIGH``, or of one number twice; None of None.

    Raises
    ------
    UsageError
        If it is not of that form, or falls.

    >>> parse_span("-0.5..2", parameter="pitch_shift")
    (-0.5, 2.0)
    """
    if text is None:
        return None
    low, _, high = text.partition("..")
    try:
        ends = float(low), float(high or low)
    except ValueError:
        hint = f"write it as `{parameter}`=LOW..HIGH"
        raise UsageError(f"`{parameter}` must be a range of numbers, not '{text}'", hint, parameter=parameter) from None
    if not -np.inf < ends[0] <= ends[1] < np.inf:
        raise UsageError(
            f"`{parameter}` must be a range of numbers, not '{text}'",
            "the lower bound comes first",
            parameter=parameter,
        )
    return ends


def check_response(path: str | None, sample_rate: int) -> None:
    """Raise BadDataError if an impulse response is given and cannot be read, or is silent."""
    if path is not None and not read_sound(path, sample_rate=sample_rate).samples.any():
        raise BadDataError(f"'{path}' is silent, and no impulse response", "record a clap or a sweep in a room")
