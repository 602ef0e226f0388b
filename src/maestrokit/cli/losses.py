"""The line on standard error about a command that did much harm to the notes of an input: always shown, but for -q."""

from dataclasses import dataclass

LARGEST_SHARE = 0.05  # of the notes of an input, up to which nothing is said


@dataclass(frozen=True)
class Loss:
    """One kind of harm.

    Parameters
    ----------
    notes : int
        How many met it.
    of : int
        Of how many.
    what : str
        What became of them: ``were merged into others``.
    remedy : str
        The option that helps, and how: ``use a smaller --step``.
    """

    notes: int
    of: int
    what: str
    remedy: str

    @property
    def is_large(self) -> bool:
        """Whether it met more than 5 % of the notes."""
        return self.notes > LARGEST_SHARE * self.of


def large_losses(*losses: Loss) -> list[str]:
    """Return one sentence on all losses that are large, and nothing if none is.

    >>> large_losses(Loss(40, 100, "were merged into others", "use a smaller --step"), Loss(1, 60, "were left out", ""))
    ['40 of 100 notes were merged into others: use a smaller --step']
    """
    large = [loss for loss in losses if loss.is_large]
    facts = " and ".join(f"{loss.notes} of {loss.of} notes {loss.what}" for loss in large)
    remedies = ", or ".join(dict.fromkeys(loss.remedy for loss in large))
    return [f"{facts}: {remedies}"] if large else []
