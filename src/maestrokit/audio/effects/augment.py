"""Variations of a recording, as other rooms, instruments, tunings and microphones would make them.

An :class:`Augmentation` has the bounds; :func:`sample_effects` draws :class:`Effects` within them with a generator;
:func:`applied` applies them. Effects are plain numbers: from them alone the variation can be made again, and its notes
can be moved (:mod:`maestrokit.audio.effects.midi`).
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.effects.dynamics import clipped, compressed, gained
from maestrokit.audio.effects.equalise_noise import convolved, equalised, noised
from maestrokit.audio.effects.room import Room, impulse_response
from maestrokit.audio.effects.stretch import detune, pitch_shift, time_stretch
from maestrokit.audio.spectra.frames import Samples
from maestrokit.errors import UsageError

Span = tuple[float, float]

EQUALISER_POINTS = (40.0, 120.0, 360.0, 1080.0, 3240.0)  # Hz
LARGEST_SEED = 2**31
OUTPUT_KEYS = {"noise_kind": "noise_colour"}  # metadata keys, which stay as they were first written


@dataclass(frozen=True)
class Augmentation:
    """Bounds between which the effects of a variation are drawn, uniformly; None leaves an effect out."""

    pitch_shift: Span | None = None
    """Semitones. Whole ones only, where both bounds are whole."""
    time_stretch: Span | None = None
    """Factor of duration; above 1 is slower."""
    detune: Span | None = None
    """Cents, by speed: a recording that is 10 cents higher is .6 % shorter."""
    equalise: float | None = None
    """Largest gain or loss in dB at five frequencies from 40 to 3240 Hz."""
    reverb: Span | None = None
    """Decay time of the room, in seconds until -60 dB."""
    wet: Span = (-12.0, 3.0)
    """Energy of the reverberation against the direct sound, in dB."""
    noise: Span | None = None
    """Ratio of signal to noise, in dB; the kind of noise is drawn too."""
    compress: Span | None = None
    """Ratio of dynamic range compression."""
    gain: Span | None = None
    """In dB."""
    clip: Span | None = None
    """Share of the peak beyond which it is cut off."""

    def __post_init__(self) -> None:
        for field in fields(self):
            span = getattr(self, field.name)
            if isinstance(span, tuple) and not span[0] <= span[1]:
                fact = f"`{field.name}` from {span[0]:g} to {span[1]:g}"
                raise UsageError(fact, "the lower bound comes first", parameter=field.name)

    @property
    def is_nothing(self) -> bool:
        """Whether every variation would be the recording itself."""
        return all(getattr(self, field.name) is None for field in fields(self) if field.name != "wet")


@dataclass(frozen=True)
class Effects:
    """What is done to one recording; the defaults do nothing."""

    semitones: float = 0.0
    stretch_factor: float = 1.0
    detune_cents: float = 0.0
    equaliser_decibels: tuple[float, ...] = ()
    """At ``EQUALISER_POINTS``."""
    decay: float = 0.0
    """Seconds."""
    wet: float = 0.0
    """dB."""
    room_seed: int = 0
    signal_to_noise: float | None = None
    """dB."""
    noise_kind: str = "white"
    noise_seed: int = 0
    compression_threshold: float = 0.0
    """dB of full scale."""
    compression_ratio: float = 1.0
    gain: float = 0.0
    """dB."""
    clip_share: float = 1.0

    @property
    def time_factor(self) -> float:
        """By which every moment of the recording is multiplied."""
        return float(self.stretch_factor * 2.0 ** (-self.detune_cents / 1200))

    def described(self) -> dict[str, Any]:
        """Return the effects that differ from doing nothing, for metadata.

        >>> Effects(semitones=2.0).described()
        {'semitones': 2.0}
        """
        nothing = asdict(Effects())
        described = {name: value for name, value in asdict(self).items() if value != nothing[name]}
        return {OUTPUT_KEYS.get(name, name): value for name, value in described.items()}


def sample_effects(augmentation: Augmentation, generator: np.random.Generator) -> Effects:
    """Return effects drawn within the bounds.

    Each effect takes its own draws whether it is used or not, so that adding one leaves the others as they were.

    >>> sample_effects(Augmentation(), np.random.default_rng(0)) == Effects(room_seed=0)
    True
    """
    (shift, stretch, cents, decay, wet, noise, ratio, threshold, gain, clip) = generator.uniform(size=10).tolist()
    equaliser = generator.uniform(-1, 1, len(EQUALISER_POINTS))
    noise_kind = str(generator.choice(["white", "pink", "brown"]))
    seeds = generator.integers(LARGEST_SEED, size=2).tolist()
    has_room, has_noise = augmentation.reverb is not None, augmentation.noise is not None
    return Effects(
        semitones=_shift(augmentation.pitch_shift, shift),
        stretch_factor=_between(augmentation.time_stretch, stretch, 1.0),
        detune_cents=_between(augmentation.detune, cents, 0.0),
        equaliser_decibels=tuple((equaliser * augmentation.equalise).tolist()) if augmentation.equalise else (),
        decay=_between(augmentation.reverb, decay, 0.0),
        wet=_between(augmentation.wet, wet, 0.0) if has_room else 0.0,
        room_seed=seeds[0] if has_room else 0,
        signal_to_noise=_between(augmentation.noise, noise, 0.0) if has_noise else None,
        noise_kind=noise_kind if has_noise else "white",
        noise_seed=seeds[1] if has_noise else 0,
        compression_threshold=-40 + 25 * threshold if augmentation.compress else 0.0,
        compression_ratio=_between(augmentation.compress, ratio, 1.0),
        gain=_between(augmentation.gain, gain, 0.0),
        clip_share=_between(augmentation.clip, clip, 1.0),
    )


def applied(
    samples: Samples, effects: Effects, *, sample_rate: int, response: NDArray[np.float32] | None = None
) -> Samples:
    """Return the recording with the effects: instrument first, then room, noise, and what a recorder does.

    The response is the impulse response of a real room, shape (taps,), at the same rate. Default is a synthetic room,
    if the effects ask for one.
    """
    output = samples
    if effects.detune_cents:
        output = detune(output, sample_rate=sample_rate, cents=effects.detune_cents)
    output = _reshaped(output, effects, sample_rate)
    if effects.equaliser_decibels:
        output = equalised(
            output, sample_rate=sample_rate, frequency=EQUALISER_POINTS, decibels=effects.equaliser_decibels
        )
    if response is None and effects.decay:
        room = Room(decay=effects.decay, wet=effects.wet, seed=effects.room_seed)
        response = impulse_response(room, sample_rate=sample_rate, channels=1)[0]
    if response is not None:
        output = convolved(output, response)
    return _recorded(output, effects, sample_rate)


def _reshaped(samples: Samples, effects: Effects, sample_rate: int) -> Samples:
    """Return the samples shifted and stretched, in one pass of the vocoder."""
    factor, ratio = effects.stretch_factor, 2 ** (effects.semitones / 12)
    if effects.semitones == 0:
        return time_stretch(samples, sample_rate=sample_rate, factor=factor)
    if factor == 1:
        return pitch_shift(samples, sample_rate=sample_rate, semitones=effects.semitones)
    stretched = time_stretch(samples, sample_rate=sample_rate, factor=factor * ratio)
    return detune(stretched, sample_rate=sample_rate, cents=100 * effects.semitones)


def _recorded(samples: Samples, effects: Effects, sample_rate: int) -> Samples:
    """Return the samples with noise, compression, gain and clipping."""
    if effects.signal_to_noise is not None:
        samples = noised(
            samples,
            sample_rate=sample_rate,
            signal_to_noise=effects.signal_to_noise,
            kind=effects.noise_kind,
            generator=np.random.default_rng(effects.noise_seed),
        )
    threshold, ratio = effects.compression_threshold, effects.compression_ratio
    samples = compressed(samples, sample_rate=sample_rate, threshold=threshold, ratio=ratio)
    if effects.gain:
        samples = gained(samples, decibels=effects.gain)
    return clipped(samples, share=effects.clip_share) if effects.clip_share < 1 else samples


def _between(span: Span | None, share: float, nothing: float) -> float:
    return nothing if span is None else span[0] + share * (span[1] - span[0])


def _shift(span: Span | None, share: float) -> float:
    if span is not None and all(float(bound).is_integer() for bound in span):
        return float(min(span[1], span[0] + int(share * (span[1] - span[0] + 1))))
    return _between(span, share, 0.0)
