"""Training targets of transcription models: onset, offset, frame and velocity of known notes, frame by frame."""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Mask
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH

REACH = 0.05  # seconds to either side of an onset or offset in which it shows
LONGEST_HELD = 10.0  # seconds after its key's release in which a note held by the pedal may sound
EDGE = 1e-6  # of a frame: what ends this close to the edge of a frame does not touch the next


def note_targets(notes: TimedNotes, *, start: float, frames: int, frame_seconds: float) -> NDArray[np.float32]:
    """Return onset, offset, frame and velocity of each key in some frames, all 0..1.

    Onsets and offsets are triangles: 1 at the moment itself, falling to 0 at ``REACH`` to either side, so that their
    peak lies between frames where the moment does [1]. Frames are 1 while a note sounds. Velocities (of 127) stand
    wherever there is an onset. The result has shape (4, frames, 88); notes outside of these keys are left out.

    References
    ----------
    .. [1] Q. Kong et al., "High-Resolution Piano Transcription With Pedals by Regressing Onset and Offset Times",
       IEEE/ACM TASLP 29, 2021.

    >>> one = TimedNotes(np.array([0.04]), np.array([0.1]), np.array([21]), np.array([127]))
    >>> note_targets(one, start=0.0, frames=5, frame_seconds=0.02)[0, :, 0].astype(float).round(2).tolist()
    [0.2, 0.6, 1.0, 0.6, 0.2]
    """
    target = np.zeros((4, frames, KEYS), np.float32)
    end = start + frames * frame_seconds
    is_near = (notes.offset > start - REACH) & (notes.onset < end + REACH)
    is_near &= (notes.pitch >= LOWEST_PITCH) & (notes.pitch < LOWEST_PITCH + KEYS)
    for row in np.flatnonzero(is_near):
        onset, offset, key = notes.onset[row] - start, notes.offset[row] - start, notes.pitch[row] - LOWEST_PITCH
        first, last = (int(np.ceil(moment / frame_seconds - EDGE)) for moment in (onset, offset))
        target[2, max(first, 0) : max(last, 0), key] = 1
        near, height = _triangle(onset, frames, frame_seconds)
        is_higher = height > target[0, near, key]
        target[3, near, key] = np.where(is_higher, notes.velocity[row] / 127, target[3, near, key])
        target[0, near, key] = np.maximum(target[0, near, key], height)
        near, height = _triangle(offset, frames, frame_seconds)
        target[1, near, key] = np.maximum(target[1, near, key], height)
    return target


def possibly_held(notes: TimedNotes, *, start: float, frames: int, frame_seconds: float) -> Mask:
    """Return where a pedal that is not known may hold notes whose offsets are releases of keys.

    From ``REACH`` before its release until its key is struck again, or ``LONGEST_HELD`` after it, nothing is known of a
    note's end; shape (frames, 88). See :func:`note_targets` for parameters.

    >>> two = TimedNotes(np.array([0.0, 0.4]), np.array([0.1, 0.6]), np.array([21, 21]), np.array([64, 64]))
    >>> np.flatnonzero(possibly_held(two, start=0.0, frames=6, frame_seconds=0.1)[:, 0]).tolist()
    [1, 2, 3]
    """
    held = np.zeros((frames, KEYS), bool)
    rows = np.lexsort((notes.onset, notes.pitch))
    onset, offset, pitch = notes.onset[rows], notes.offset[rows], notes.pitch[rows]
    end = offset + LONGEST_HELD
    again = np.flatnonzero(pitch[1:] == pitch[:-1])
    end[again] = np.minimum(end[again], onset[again + 1])
    first, last = (
        np.clip(np.ceil((moment - start) / frame_seconds - EDGE).astype(np.int64), 0, frames)
        for moment in (np.maximum(offset - REACH, onset), end)
    )
    for row in np.flatnonzero((last > first) & (pitch >= LOWEST_PITCH) & (pitch < LOWEST_PITCH + KEYS)):
        held[first[row] : last[row], pitch[row] - LOWEST_PITCH] = True
    return held


def _triangle(moment: float, frames: int, frame_seconds: float) -> tuple[slice, NDArray[np.float64]]:
    first = max(0, int(np.floor((moment - REACH) / frame_seconds + EDGE)) + 1)
    last = min(frames, int(np.ceil((moment + REACH) / frame_seconds - EDGE)))
    time = np.arange(first, max(first, last)) * frame_seconds
    return slice(first, max(first, last)), 1 - np.abs(time - moment) / REACH
