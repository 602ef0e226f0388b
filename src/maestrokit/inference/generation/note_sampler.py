"""Sampling of the factors of notes for several performances at once, each by its own generator of random numbers."""

from collections.abc import Sequence

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.inference.generation.reprise import RepriseConfig
from maestrokit.inference.generation.sampling import NoteSampling, probabilities, sample
from maestrokit.inference.note_models.steps import Numbers


class NoteSampler:
    """Sampling for several performances, each by its own generator."""

    def __init__(
        self, sampling: NoteSampling, generators: Sequence[np.random.Generator], *, has_nats: bool = False
    ) -> None:
        self.sampling, self.generators = sampling, list(generators)
        self.nats, self.has_nats = np.zeros(len(self.generators)), has_nats

    def keep(self, rows: Mask) -> None:
        self.generators = [generator for generator, stays in zip(self.generators, rows, strict=True) if stays]
        self.nats = self.nats[rows]

    @property
    def reprise(self) -> RepriseConfig:
        """How passages come back: not at all where always the likeliest is taken, which knows no chance."""
        return self.sampling.reprise if self.sampling.pitch.temperature else RepriseConfig()

    def count(self, logits: Numbers, codes: Integers, remainders: Floats | float = 0.0) -> None:
        """Add the nats that classes, and which value of its class each one is, cost by the logits of the model."""
        if self.has_nats:
            logits = logits.astype(np.float64)
            self.nats += np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(codes)), codes] + remainders

    def factor(self, name: str, logits: Numbers, allowed: Mask) -> Integers:
        """Return one class per row."""
        shares = probabilities(logits.astype(np.float64), allowed, getattr(self.sampling, name))
        return sample(shares, self.generators)

    def within(self, codes: Integers, edges: Integers, least: Integers, most: Integers) -> Integers:
        """Return a value of each class, uniformly distributed, at least `least` and at most `most`."""
        low = np.maximum(edges[codes], least)
        width = np.minimum(edges[codes + 1], most + 1) - low
        share = np.array([generator.random() for generator in self.generators])
        return np.asarray(low + np.floor(share * np.maximum(width, 1)).astype(np.int64))
