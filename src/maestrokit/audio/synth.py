"""Performances played on a sampled piano."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from maestrokit.audio.piano import Piano, Voices, Waveform, voices
from maestrokit.audio.room import Convolver, impulse_response, tilt
from maestrokit.audio.strokes import FOREVER, Damping, Strokes, dampings, strokes
from maestrokit.audio.timbre import PLAIN, Timbre
from maestrokit.errors import BadDataError
from maestrokit.music.columns import Columns, Floats, Integers
from maestrokit.music.performance import Performance

BLOCK = 8.0  # seconds
LONGEST = 48 * 3600.0  # seconds
HIGHEST_DAMPED = 88  # MIDI number; the strings above have no dampers
DAMPED = 7.6  # nepers, 66 dB, after which a damped string is taken for silent
RESTRIKE_FADE = 0.06  # seconds in which a new stroke of the same string replaces the old sound
KNOCK_LEVEL = 0.004  # of the recorded key releases, -48 dB
KNOCK_DECAY = 2.0  # dB that the release loses for each second that the key was held
LIMIT_KNEE = 0.8  # amplitude from which the limiter bends
NO_LAYER, RELEASE = -2, -1


@dataclass(frozen=True, eq=False)
class _Events(Columns):
    """What is to be added to the output: parts of waveforms, in samples, sorted by start."""

    start: Integers
    stop: Integers
    released: Integers
    """Sample from which the damper works."""
    restruck: Integers
    """Sample from which the next stroke replaces the sound."""
    key: Integers
    channel: Integers
    is_soft: Integers
    lower: Integers
    """Layer, ``RELEASE`` or ``NO_LAYER``."""
    upper: Integers
    lower_gain: Floats
    upper_gain: Floats


def render(
    performance: Performance,
    piano: Piano,
    *,
    sample_rate: int,
    channels: int = 1,
    timbre: Timbre = PLAIN,
    gain: float = 0.0,
    start: float = 0.0,
    end: float | None = None,
) -> Waveform:
    """Return the sound of a performance.

    Every note adds its recording, crossfaded between the two velocity layers about it, from the sample nearest to its
    onset on. When the key is left, the damper lets the sound die away exponentially, the more slowly the lower the
    string and the more the sustain pedal lifts it; the highest strings have none. A string struck again loses its
    old sound. Dynamics follow Dannenberg: amplitude is the square of a linear function of velocity.

    Full scale is never exceeded: amplitudes above .8 are bent smoothly (:func:`limited`). A loud, dense passage peaks
    about there. The loudness of a note depends on nothing but the note.

    Parameters
    ----------
    performance : Performance
        Channel 10 (drums) is not played.
    piano : Piano
    sample_rate : int, in Hz
    channels : {1, 2}
    timbre : Timbre
        The default is the piano as recorded, without a room.
    gain : float, in dB
    start, end : float, in seconds
        The part of the performance; by default up to where the last sound has died away.

    Returns
    -------
    float32, shape (samples,) if ``channels`` is 1, else (2, samples)

    Raises
    ------
    BadDataError
        If the performance lasts longer than two days, which is a broken file.

    References
    ----------
    R. B. Dannenberg, "The interpretation of MIDI velocity", ICMC 2006.
    """
    blocks = list(
        stream(performance, piano, sample_rate=sample_rate, channels=channels, timbre=timbre, gain=gain,
               start=start, end=end)
    )
    sound = np.concatenate([np.zeros((channels, 0), np.float32), *blocks], axis=1)
    return sound[0] if channels == 1 else sound


def stream(
    performance: Performance,
    piano: Piano,
    *,
    sample_rate: int,
    channels: int = 1,
    timbre: Timbre = PLAIN,
    gain: float = 0.0,
    start: float = 0.0,
    end: float | None = None,
    block: float = BLOCK,
) -> Iterator[Waveform]:
    """Yield the sound of a performance in blocks of bounded length, which together are what :func:`render` returns.

    Yields
    ------
    float32, shape (channels, samples)
    """
    inner_rate = sample_rate * 2 ** (timbre.detune / 1200)  # a piano played faster is sharper; times are stretched
    damping = dampings(performance)
    played = voices(piano, sample_rate=sample_rate, channels=channels)
    events = _events(strokes(performance), damping, played, inner_rate, timbre)
    response = _response(timbre, sample_rate=sample_rate, channels=channels)
    first = round(start * inner_rate)
    last = int(events.stop.max(initial=first)) + response.shape[1] - 1 if end is None else int(end * inner_rate) + 64
    if last / inner_rate > LONGEST:
        raise BadDataError(
            f"the performance lasts {last / inner_rate / 3600:.0f} hours",
            "its tempo or its last event is probably broken; see the times that 'maestrokit features' prints",
        )
    convolved = Convolver(response * np.float32(10 ** (gain / 20)))
    resampled = _Resampler(inner_rate, sample_rate, channels)
    left = None if end is None else max(round((end - start) * sample_rate), 0)
    size = max(round(block * sample_rate), 1)
    for position in range(first, max(last, first + 1), size):
        stop = min(position + size, last)
        mixed = _mixed(events, damping, played, timbre, inner_rate, position, max(stop, position))
        out = limited(resampled(convolved(mixed), is_last=stop >= last))
        out = out if left is None else out[:, :left]
        left = None if left is None else left - out.shape[1]
        yield out


def limited(sound: Waveform) -> Waveform:
    """Return a sound without amplitudes above 1: bent by a hyperbolic tangent from .8 on, unchanged below.

    >>> limited(np.array([[0.5, -0.75, 1.0, 10.0]])).round(3).tolist()
    [[0.5, -0.75, 0.952, 1.0]]
    """
    loud = np.abs(sound) > LIMIT_KNEE
    if not loud.any():
        return sound
    above = 1 - LIMIT_KNEE
    bent = sound.copy()
    bent[loud] = np.sign(sound[loud]) * (LIMIT_KNEE + above * np.tanh((np.abs(sound[loud]) - LIMIT_KNEE) / above))
    return bent


def velocity_gain(velocity: Integers | Floats, *, dynamic_range: float) -> Floats:
    """Return the amplitude at each velocity, 1 at 127, as (m v + b)^2 (Dannenberg 2006).

    >>> (20 * np.log10(velocity_gain(np.array([127, 64, 1]), dynamic_range=40))).round(1).tolist()
    [0.0, -10.4, -40.0]
    """
    softest = 10 ** (-dynamic_range / 40)
    return np.asarray((softest + (1 - softest) * (velocity - 1) / 126) ** 2)


def damping_rate(pitch: Integers, *, damping_time: float = 1.0) -> Floats:
    """Return how fast resting dampers silence each string, in nepers a second.

    The time for 60 dB falls from 0.6 s at the lowest key to 0.13 s at the highest damped one, and there is no
    damping above.
    """
    part = np.clip((pitch - 21) / (HIGHEST_DAMPED - 21), 0, 1)
    seconds = 0.6 * (0.13 / 0.6) ** part * damping_time
    return np.where(pitch > HIGHEST_DAMPED, 0.0, np.log(1000) / seconds)


def _events(
    struck: Strokes, damping: dict[int, Damping], played: Voices, rate: float, timbre: Timbre
) -> _Events:
    notes = _note_events(struck, damping, played, rate, timbre)
    events = _Events.concatenate([notes, _knock_events(struck, played, rate, timbre)])
    return events.take(np.argsort(events.start, kind="stable"))


def _note_events(
    struck: Strokes, damping: dict[int, Damping], played: Voices, rate: float, timbre: Timbre
) -> _Events:
    lower, upper, lower_gain, upper_gain = _layers(struck, played, timbre)
    speed = damping_rate(struck.pitch, damping_time=timbre.damping_time)
    silent = np.full(len(struck), np.inf)
    for channel, each in damping.items():
        here = (struck.channel == channel) & (speed > 0)
        silent[here] = each.reaches(each.at(struck.offset[here]) + DAMPED / speed[here])
    start = np.rint(struck.onset * rate).astype(np.int64)
    whole = np.array([
        max(played.waveform(int(key), int(layer), is_soft=bool(soft)).shape[1] for layer in {a, b} if layer >= 0)
        for key, soft, a, b in zip(struck.pitch, struck.is_soft, lower, upper, strict=True)
    ], np.int64)
    length = np.minimum(np.minimum(silent, struck.next_onset + RESTRIKE_FADE) - struck.onset, 1e6)
    return _Events(
        start=start,
        stop=start + np.minimum(whole, np.ceil(length * rate).astype(np.int64)),
        released=np.rint(struck.offset * rate).astype(np.int64),
        restruck=np.rint(np.minimum(struck.next_onset, 1e9) * rate).astype(np.int64),
        key=struck.pitch,
        channel=struck.channel,
        is_soft=struck.is_soft,
        lower=lower,
        upper=upper,
        lower_gain=lower_gain,
        upper_gain=upper_gain,
    )


def _layers(struck: Strokes, played: Voices, timbre: Timbre) -> tuple[Integers, Integers, Floats, Floats]:
    """Return for each stroke the two layers about its velocity and their gains."""
    count = len(struck)
    lower, upper = np.zeros(count, np.int64), np.full(count, NO_LAYER)
    share = np.zeros(count)
    for key in np.unique(struck.pitch):
        here = struck.pitch == key
        layer_velocity = np.array([layer.velocity for layer in played.piano.keys[int(key)]])
        place = np.interp(struck.velocity[here] + timbre.hardness, layer_velocity, np.arange(len(layer_velocity)))
        lower[here] = np.floor(place)
        share[here] = place - np.floor(place)
        upper[here] = np.where(share[here] > 0, lower[here] + 1, NO_LAYER)
    amplitude = velocity_gain(struck.velocity, dynamic_range=timbre.dynamic_range)
    return lower, upper, amplitude * (1 - share), amplitude * share


def _knock_events(struck: Strokes, played: Voices, rate: float, timbre: Timbre) -> _Events:
    """Return the sounds of keys coming back."""
    lengths = {int(key): played.release(int(key)) for key in np.unique(struck.pitch)}
    is_recorded = np.array([lengths[int(key)] is not None for key in struck.pitch], bool)
    kept = struck.take(is_recorded & (struck.offset < FOREVER))
    start = np.rint(kept.offset * rate).astype(np.int64)
    length = np.array([lengths[int(key)].shape[1] for key in kept.pitch], np.int64)  # type: ignore[union-attr]
    decibels = timbre.release_noise - KNOCK_DECAY * (kept.offset - kept.onset)
    nothing, never = np.zeros(len(kept), np.int64), np.full(len(kept), np.iinfo(np.int64).max)
    return _Events(
        start=start,
        stop=start + length,
        released=never,
        restruck=never,
        key=kept.pitch,
        channel=kept.channel,
        is_soft=nothing,
        lower=nothing + RELEASE,
        upper=nothing + NO_LAYER,
        lower_gain=KNOCK_LEVEL * 10 ** (decibels / 20),
        upper_gain=nothing.astype(np.float64),
    )


def _mixed(
    events: _Events, damping: dict[int, Damping], played: Voices, timbre: Timbre, rate: float, first: int, last: int
) -> Waveform:
    """Return the sum of all events between two samples."""
    out = np.zeros((played.channels, last - first), np.float32)
    time = np.arange(first, last) / rate
    damped = {channel: each.at(time) for channel, each in damping.items()}
    here = events.take((events.start < last) & (events.stop > first))
    speed = damping_rate(here.key, damping_time=timbre.damping_time)
    released_at = np.zeros(len(here))
    for channel, each in damping.items():
        mine = here.channel == channel
        released_at[mine] = each.at(here.released[mine] / rate)
    for row in range(len(here)):
        start = int(here.start[row])
        begin, end = max(start, first), min(int(here.stop[row]), last)
        envelope = _envelope(begin, end, int(here.released[row]), int(here.restruck[row]), RESTRIKE_FADE * rate,
                             float(speed[row]), damped[int(here.channel[row])][begin - first : end - first],
                             float(released_at[row]))
        for layer, gain in ((here.lower[row], here.lower_gain[row]), (here.upper[row], here.upper_gain[row])):
            if layer == NO_LAYER:
                continue
            key = int(here.key[row])
            sound = (played.release(key) if layer == RELEASE
                     else played.waveform(key, int(layer), is_soft=bool(here.is_soft[row])))
            assert sound is not None
            part = sound[:, begin - start : end - start] * np.float32(gain)
            if envelope is not None:
                part *= envelope[: part.shape[1]]
            out[:, begin - first : begin - first + part.shape[1]] += part
    return out


def _envelope(
    begin: int, end: int, released: int, restruck: int, fade: float, speed: float, damped: Floats, released_at: float
) -> NDArray[np.float32] | None:
    """Return the amplitude of one event from sample ``begin`` to ``end``, or None where it is 1 throughout."""
    if end <= min(released, restruck):
        return None
    envelope = np.ones(end - begin, np.float32)
    if released < end and speed > 0:
        free = max(released - begin, 0)
        envelope[free:] = np.exp(((released_at - damped[free:]) * speed).astype(np.float32))
    if restruck < end:
        part = (np.arange(max(restruck, begin), end) - restruck) / fade
        envelope[max(restruck - begin, 0) :] *= np.cos(np.minimum(part, 1) * (np.pi / 2)).astype(np.float32) ** 2
    return envelope


def _response(timbre: Timbre, *, sample_rate: int, channels: int) -> Waveform:
    """Return tilt and room as one impulse response, shape (channels, samples)."""
    response = np.ones((channels, 1), np.float32)
    if timbre.room is not None:
        response = impulse_response(timbre.room, sample_rate=sample_rate, channels=channels)
    if timbre.brightness:
        slope = tilt(timbre.brightness, sample_rate=sample_rate)
        response = np.stack([np.convolve(one, slope) for one in response]).astype(np.float32)
    return response


class _Resampler:
    """From the inner sample rate to the wanted one; nothing where they are equal."""

    def __init__(self, inner_rate: float, sample_rate: int, channels: int) -> None:
        is_same = inner_rate == sample_rate
        self._stream = None if is_same else soxr.ResampleStream(inner_rate, sample_rate, channels, dtype="float32")

    def __call__(self, sound: Waveform, *, is_last: bool) -> Waveform:
        if self._stream is None:
            return sound
        return np.ascontiguousarray(self._stream.resample_chunk(np.ascontiguousarray(sound.T), last=is_last).T)
