"""What makes one piano recording sound unlike another, as numbers that can be chosen or sampled."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from maestrokit.audio.effects.room import Room
from maestrokit.bounds import Within, check_fields


@dataclass(frozen=True)
class Timbre:
    """How a piano is tuned, voiced, damped, and where it stands; the defaults are the piano as it was recorded.

    Parameters
    ----------
    detune : float, -1200 to 1200, in cents
        By which the whole piano is sharp.
    brightness : float, -24 to 24, in dB an octave
        Spectral tilt, about 1 kHz.
    dynamic_range : float, 0 to 200, in dB
        Between velocities 1 and 127.
    hardness : float, -127 to 127
        Velocities by which the hammers sound harder than the keys are played; the loudness stays.
    damping_time : float, above 0 to 100
        Factor on the time that the dampers need.
    release_noise : float, -200 to 60, in dB
        Level of the noise of returning keys.
    room : Room, optional
        Default is none.

    Raises
    ------
    UsageError
        If a number is out of its bounds.
    """

    detune: Annotated[float, Within(-1200, 1200)] = 0.0
    brightness: Annotated[float, Within(-24, 24)] = 0.0
    dynamic_range: Annotated[float, Within(0, 200)] = 45.0
    hardness: Annotated[float, Within(-127, 127)] = 0.0
    damping_time: Annotated[float, Within(0, 100, above=True)] = 1.0
    release_noise: Annotated[float, Within(-200, 60)] = 0.0
    room: Room | None = None

    def __post_init__(self) -> None:
        check_fields(self)


PLAIN = Timbre()


def sample_timbre(generator: np.random.Generator) -> Timbre:
    """Return a random timbre, for training data.

    The ranges are wide enough to cover pianos and rooms that people record, from dry and close to distant halls.
    """
    room = Room(
        decay=float(np.exp(generator.uniform(np.log(0.2), np.log(2.5)))),
        wet=float(generator.uniform(-25, 2)),
        seed=int(generator.integers(2**31)),
    )
    return Timbre(
        detune=float(generator.normal(0, 10)),
        brightness=float(generator.uniform(-3, 2)),
        dynamic_range=float(generator.uniform(30, 50)),
        hardness=float(generator.uniform(-15, 15)),
        damping_time=float(np.exp(generator.normal(0, 0.35))),
        release_noise=float(generator.uniform(-10, 10)),
        room=room if generator.random() < 0.85 else None,
    )
