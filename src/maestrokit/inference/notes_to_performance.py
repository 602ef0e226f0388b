"""Notes in seconds or steps, and the pedal, as a performance that can be written."""

import math
from typing import TYPE_CHECKING

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.bounds import Within, check
from maestrokit.music.edits.pedalling import supposed_pedal, with_key_releases
from maestrokit.music.encodings.events import Encoding, in_seconds
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes, joined
from maestrokit.music.note_arrays import TICKS_PER_BEAT, TimedNotes, performance_from_arrays
from maestrokit.music.performance import Performance
from maestrokit.music.provenance_events import TEMPO_UNKNOWN, with_text

if TYPE_CHECKING:
    from maestrokit.analysis.beats.from_notes import Beats

TEMPOS = Within(4, 1000)  # beats a minute
UNKNOWN_TEMPO = 120.0  # beats a minute; makes a tick a millisecond
FINE_TEMPO, FINE_DIVISION = 250.0, 2400  # make a tick a tenth of a millisecond, or less than one at any tracked tempo
LONGEST_BEAT = 5.0  # seconds: longer rests are filled with beats
NO_PEDAL: Floats = np.empty((0, 2))
GENERATED_PEDALS = ("cc64", "extend")  # to write notes of which is known how long they sound
Span = tuple[float, float]
EVER: Span = (0.0, math.inf)


def transcript(notes: TimedNotes, pedal: Floats = NO_PEDAL, *, tempo: float | None = None) -> Performance:
    """Return a performance of one track that holds some notes.

    Parameters
    ----------
    notes : TimedNotes
        None is shorter than a tick in the performance.
    pedal : float, shape (intervals, 2), in seconds
        When the sustain pedal is down: values 127 and 0 of controller 64.
    tempo : float, 4 to 1000, in beats a minute, optional
        Written into the performance, and the grid of its ticks, of which none is longer than a millisecond; it moves
        no note. Without it, a text event of the performance says that its tempo is unknown.

    Returns
    -------
    Performance
        One track, one channel.

    Raises
    ------
    UsageError
        If the tempo is out of its bounds.

    Examples
    --------
    >>> one = TimedNotes(np.array([1.0]), np.array([1.5]), np.array([60]), np.array([64]))
    >>> transcript(one, tempo=60.0).notes.onset_tick.tolist(), transcript(one).notes.offset_tick.tolist()
    ([1000], [1500])
    """
    check("tempo", tempo, TEMPOS)
    if tempo is None:
        return with_text(_in_ticks(notes, pedal, UNKNOWN_TEMPO, TICKS_PER_BEAT), TEMPO_UNKNOWN)
    return _in_ticks(notes, pedal, tempo, TICKS_PER_BEAT * int(np.ceil(UNKNOWN_TEMPO / tempo)))


def performance_of(
    notes: StepNotes, encoding: Encoding, *, pedal: str = "cc64", earlier: StepNotes = NO_NOTES, span: Span = EVER
) -> Performance:
    """Return new notes as a performance from step 0 on.

    Parameters
    ----------
    pedal : {'cc64', 'extend'}
        A sustain pedal holds notes, and keys are released before it comes up; or they are down as long as notes sound.
    earlier : StepNotes
        Notes before them, on which the pedal is not to act.
    span : two floats, in seconds
        When the pedal may be down.
    """
    if pedal == "extend":
        return transcript(in_seconds(notes, encoding), tempo=UNKNOWN_TEMPO)
    every = in_seconds(joined(earlier, notes), encoding)
    down = supposed_pedal(every)
    down = down[(down[:, 0] >= span[0]) & (down[:, 1] <= span[1])]
    is_new = np.arange(len(every.onset)) >= len(earlier.onset)
    return transcript(with_key_releases(every, down, together=0.0).select(is_new), down, tempo=UNKNOWN_TEMPO)


def tracked_transcript(notes: TimedNotes, pedal: Floats = NO_PEDAL) -> tuple[Performance, "Beats"]:
    """Return a performance whose tempo map follows the beats tracked on its notes, and these beats.

    No note moves by more than a tick. In rests the beats continue evenly. A time signature is
    written where the meter is sure (see :func:`maestrokit.analysis.beats.meter.sure_meter`). Of too few notes there are
    no beats; then it is :func:`transcript`.
    """
    from maestrokit.analysis.beats.from_notes import NO_BEATS, performed_beats
    from maestrokit.analysis.beats.meter import sure_meter, with_meter
    from maestrokit.music.edits.retime import retimed

    fine = _in_ticks(notes, pedal, FINE_TEMPO, FINE_DIVISION)
    beats = performed_beats(fine)
    if len(beats.time) < 2:
        return transcript(notes, pedal), NO_BEATS
    meter = sure_meter(fine, beats)
    timed = retimed(fine, filled(beats.time))
    return (timed if meter is None else with_meter(timed, meter, second=float(beats.downbeats[0]))), beats


def filled(beats: Floats) -> Floats:
    """Return beats with further ones in rests, as far apart as the two before the rest.

    >>> filled(np.array([0.0, 2.0, 12.1])).round(2).tolist()
    [0.0, 2.0, 4.02, 6.04, 8.06, 10.08, 12.1]
    """
    gap = np.diff(beats)
    before = np.minimum(np.concatenate([gap[:1], gap[:-1]]), LONGEST_BEAT)
    count = np.where(gap > LONGEST_BEAT, np.maximum(np.rint(gap / before), 2), 1).astype(np.int64)
    row = np.repeat(np.arange(len(gap)), count)
    step = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return np.append(beats[row] + step * (gap / count)[row], beats[-1])


def _in_ticks(notes: TimedNotes, pedal: Floats, tempo: float, division: int) -> Performance:
    beat = round(60e6 / tempo)  # microseconds
    ticks_per_second = division * 1e6 / beat

    def tick(second: Floats) -> Integers:
        return np.rint(second * ticks_per_second).astype(np.int64)

    onset = tick(notes.onset)
    performance = performance_from_arrays(
        onset,
        np.maximum(tick(notes.offset), onset + 1),
        notes.pitch,
        notes.velocity,
        pedal_tick=tick(pedal.ravel()),
        pedal_value=np.tile([127, 0], len(pedal)),
    )
    return performance.replace(
        division=division, tempos=performance.tempos.replace(microseconds_per_beat=np.array([beat]))
    )
