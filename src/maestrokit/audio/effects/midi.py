"""The performance beside a recording, with the same changes of time and pitch."""

from maestrokit.arrays import Integers
from maestrokit.audio.effects.augment import Effects
from maestrokit.errors import BadDataError, UsageError
from maestrokit.music.edits.transpose import transposed
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import Performance, Tempos
from maestrokit.music.timing import DEFAULT_TEMPO

SLOWEST_TEMPO = 0xFFFFFF  # microseconds a beat: three bytes


def moved(performance: Performance, effects: Effects) -> Performance:
    """Return the performance with the effects that move notes: pitch, and time through its tempos.

    No tick moves; every tempo is multiplied by ``effects.time_factor``, to the microsecond a beat. Notes that a shift
    takes off the piano are left out. Detuning by cents moves times, and no pitch.

    Raises
    ------
    UsageError
        If the shift is not of whole semitones.
    BadDataError
        If the ticks of the performance are fixed by SMPTE, or a tempo would be slower than a MIDI file can hold.
    """
    if not float(effects.semitones).is_integer():
        raise UsageError(
            f"a shift of {effects.semitones:g} semitones leaves the notes between keys",
            "shift by whole semitones",
            parameter="pitch_shift",
        )
    if effects.semitones:
        performance = transposed(performance, int(effects.semitones), out_of_range="drop")[0]
    return performance if effects.time_factor == 1 else _slowed(performance, effects.time_factor)


def _slowed(performance: Performance, factor: float) -> Performance:
    """Return the performance lasting ``factor`` times as long."""
    import numpy as np

    if performance.division < 0:
        raise BadDataError("cannot stretch a performance with SMPTE division", "its ticks have a fixed length")
    tempos = performance.tempos
    microseconds: Integers = np.rint(tempos.microseconds_per_beat * factor).astype(np.int64)
    slowest = max(int(microseconds.max(initial=0)), round(DEFAULT_TEMPO * factor))
    if slowest > SLOWEST_TEMPO:
        raise BadDataError(f"a tempo of {6e7 / slowest:.2f} beats a minute is too slow for MIDI", "stretch by less")
    tempos = tempos.replace(microseconds_per_beat=microseconds)
    if not (tempos.tick == 0).any():
        first = Tempos(*(np.array([n], np.int64) for n in (0, round(DEFAULT_TEMPO * factor), 0, -1)))
        tempos = Tempos.concatenate([first, tempos])
    return reorder_events(performance.replace(tempos=tempos))
