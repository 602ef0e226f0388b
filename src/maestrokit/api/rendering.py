"""Performances to recordings."""

from pathlib import Path

from maestrokit.api.inputs import performance_of
from maestrokit.audio.effects.room import NAMED, Room
from maestrokit.bounds import Within, check
from maestrokit.errors import UsageError, choices_hint
from maestrokit.files.pianos.find import default_piano, read_piano
from maestrokit.files.sound.read import Sound
from maestrokit.music.performance import Performance
from maestrokit.synth.piano import Piano
from maestrokit.synth.render import render as waveform
from maestrokit.synth.timbre import Timbre


def render(
    performance: Performance | str | Path,
    *,
    piano: Piano | str | Path | None = None,
    sample_rate: int = 44100,
    room: Room | str | None = "small",
    gain: float = 0.0,
) -> Sound:
    """Return the sound of a performance on a sampled piano, as one channel.

    :func:`maestrokit.synth.render.render` gives two channels, and :func:`maestrokit.synth.render.stream` blocks of
    a long performance.

    Parameters
    ----------
    performance : Performance, str or Path
        The performance, or its MIDI file. Drums (channel 10) are not played.
    piano : Piano, str or Path, optional
        Recorded notes, or a folder or soundfont that holds them. Default is the piano that ships.
    sample_rate : int, 1 to 768000, in Hz
        Sample rate of the result.
    room : {'small', 'hall'}, Room or None
        The room around the piano; None is the piano as it was recorded.
    gain : float, -200 to 200, in dB
        Change of level. The limiter keeps the sound below full scale.

    Returns
    -------
    Sound
        From the start of the performance until its last sound has died away.

    Raises
    ------
    UsageError
        If there is no such room, or a number is out of its bounds.
    NoInputError
        If there is no such file.
    BadDataError
        If a file is damaged, or the performance lasts longer than two days.

    References
    ----------
    R. B. Dannenberg, "The interpretation of MIDI velocity", ICMC 2006.
    """
    check("sample_rate", sample_rate, Within(1, 768_000, whole=True))
    check("gain", gain, Within(-200, 200))
    if isinstance(room, str):
        if room not in NAMED:
            raise UsageError(f"no room '{room}'", choices_hint(room, NAMED))
        room = NAMED[room]
    if piano is None:
        piano = default_piano()
    elif not isinstance(piano, Piano):
        piano = read_piano(piano)
    samples = waveform(performance_of(performance), piano, sample_rate=sample_rate, timbre=Timbre(room=room), gain=gain)
    return Sound(samples, sample_rate)
