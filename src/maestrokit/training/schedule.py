"""Learning rates: a rise in a line, then a fall along a cosine, or a constant rate with a fall at the end.

References
----------
I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017 (the cosine).
A. Haegele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", NeurIPS 2024 (cooldown).
"""

import math

from maestrokit.training.settings import TrainingSettings


def learning_rate(settings: TrainingSettings, *, step: int, seconds: float) -> float:
    """Return the rate for the step that begins.

    The rise takes ``warmup_steps``, but at most a tenth of all steps. The fall follows the share of what is done:
    of the steps if they are limited, else of the time. With neither limit the rate stays at its
    peak. A time limit makes rates depend on the speed of the machine; for runs that can be repeated exactly, limit the
    steps.

    >>> learning_rate(TrainingSettings(steps=100, warmup_steps=0, learning_rate=1.0), step=50, seconds=0.0)
    0.5
    >>> half = TrainingSettings(steps=100, warmup_steps=0, learning_rate=1.0, cooldown=0.5)
    >>> [learning_rate(half, step=step, seconds=0.0) for step in (0, 50, 75, 100)]
    [1.0, 1.0, 0.5, 0.0]
    """
    longest = settings.warmup_steps if settings.steps is None else min(settings.warmup_steps, settings.steps // 10)
    rise = min(1.0, (step + 1) / max(longest, 1))
    done = share_done(settings, step=step, seconds=seconds)
    line, cosine = (1 - done) / max(settings.cooldown, 1e-9), 0.5 * (1 + math.cos(math.pi * done))
    fall = min(1.0, line) if settings.cooldown else cosine
    return settings.learning_rate * rise * (settings.final_rate + (1 - settings.final_rate) * fall)


def share_done(settings: TrainingSettings, *, step: int, seconds: float) -> float:
    """Return how far training is, 0..1; 0 where nothing limits it."""
    if settings.steps is not None:
        return min(1.0, step / max(settings.steps, 1))
    if settings.time_limit is not None:
        return min(1.0, seconds / settings.time_limit)
    return 0.0
