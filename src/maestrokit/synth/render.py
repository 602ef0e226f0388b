"""Performances played on a sampled piano."""

import math
from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.effects.room import Convolver, impulse_response, tilt
from maestrokit.errors import BadDataError
from maestrokit.music.performance import Performance
from maestrokit.synth.keys_and_pedals import Damping, dampings, sounding_notes
from maestrokit.synth.piano import Piano, Voices, Waveform, cached_voices
from maestrokit.synth.schedule import NO_LAYER, RELEASE, RESTRIKE_FADE, WaveformParts, damping_rate, events
from maestrokit.synth.timbre import PLAIN, Timbre

BLOCK = 8.0  # seconds
LONGEST = 48 * 3600.0  # seconds
LIMIT_KNEE = 0.8  # amplitude from which the limiter bends


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

    The gain is in dB, the part from start to end in seconds; by default it is up to where the last sound has died away.
    Channel 10 (drums) is not played. One channel is returned with shape (samples,), two with (2, samples).

    Raises
    ------
    BadDataError
        If the performance lasts longer than two days, which is a broken file.

    References
    ----------
    R. B. Dannenberg, "The interpretation of MIDI velocity", ICMC 2006.
    """
    blocks = list(
        stream(
            performance,
            piano,
            sample_rate=sample_rate,
            channels=channels,
            timbre=timbre,
            gain=gain,
            start=start,
            end=end,
        )
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
    """Yield what :func:`render` returns in blocks of bounded length, shape (channels, samples)."""
    inner_rate = sample_rate * 2 ** (timbre.detune / 1200)  # a piano played faster is sharper; times are stretched
    damping = dampings(performance)
    voices = cached_voices(piano, sample_rate=sample_rate, channels=channels)
    response = _response(timbre, sample_rate=sample_rate, channels=channels)
    first, bound = round(start * inner_rate), math.inf if end is None else int(end * inner_rate) + 64
    sounding = events(sounding_notes(performance), damping, voices, inner_rate, timbre, first=first, last=bound)
    last = int(sounding.stop.max(initial=first)) + response.shape[1] - 1 if end is None else int(bound)
    if last / inner_rate > LONGEST:
        raise BadDataError(
            f"the performance lasts {last / inner_rate / 3600:.0f} hours",
            "its tempo or the time of its last note is probably broken",
        )
    convolved = Convolver(response * np.float32(10 ** (gain / 20)))
    resampled = _Resampler(inner_rate, sample_rate, channels)
    left = None if end is None else max(round((end - start) * sample_rate), 0)
    size = max(round(block * sample_rate), 1)
    for position in range(first, max(last, first + 1), size):
        stop = min(position + size, last)
        mixed = _mixed(sounding, damping, voices, timbre, inner_rate, position, max(stop, position))
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


def _mixed(
    sounding: WaveformParts,
    damping: dict[int, Damping],
    voices: Voices,
    timbre: Timbre,
    rate: float,
    first: int,
    last: int,
) -> Waveform:
    """Return the sum of all events between two samples."""
    out = np.zeros((voices.channels, last - first), np.float32)
    time = np.arange(first, last) / rate
    damped = {channel: damper.at(time) for channel, damper in damping.items()}
    here = sounding.select((sounding.start < last) & (sounding.stop > first))
    speed = damping_rate(here.key, damping_time=timbre.damping_time)
    released_at = np.zeros(len(here))
    for channel, damper in damping.items():
        in_channel = here.channel == channel
        released_at[in_channel] = damper.at(here.released[in_channel] / rate)
    for row in range(len(here)):
        start = int(here.start[row])
        begin, end = max(start, first), min(int(here.stop[row]), last)
        envelope = _envelope(
            begin,
            end,
            int(here.released[row]),
            int(here.restruck[row]),
            RESTRIKE_FADE * rate,
            float(speed[row]),
            damped[int(here.channel[row])][begin - first : end - first],
            float(released_at[row]),
        )
        for layer, gain in ((here.lower[row], here.lower_gain[row]), (here.upper[row], here.upper_gain[row])):
            if layer == NO_LAYER:
                continue
            key = int(here.key[row])
            sound = (
                voices.release(key)
                if layer == RELEASE
                else voices.waveform(
                    key, int(layer), is_soft=bool(here.is_soft[row]), samples=int(here.stop[row]) - start
                )
            )
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
        response = np.stack([np.convolve(row, slope) for row in response]).astype(np.float32)
    return response


class _Resampler:
    """From the inner sample rate to that of the output; nothing where they are equal."""

    def __init__(self, inner_rate: float, sample_rate: int, channels: int) -> None:
        is_same = inner_rate == sample_rate
        self._stream = None if is_same else soxr.ResampleStream(inner_rate, sample_rate, channels, dtype="float32")

    def __call__(self, sound: Waveform, *, is_last: bool) -> Waveform:
        if self._stream is None:
            return sound
        return np.ascontiguousarray(self._stream.resample_chunk(np.ascontiguousarray(sound.T), last=is_last).T)
