"""The note about a command that lost or moved many notes of an input; printed unless -q is given."""

from dataclasses import dataclass

LARGEST_SHARE = 0.05  # of the notes of an input, up to which no note is printed


@dataclass(frozen=True)
class Loss:
    """One kind of loss.

    Parameters
    ----------
    notes : int
        How many were lost or moved.
    of : int
        Of how many.
    what : str
        What happened to them: ``were merged into others``.
    remedy : str
        The option that helps, and how: ``use a smaller --step``.
    """

    notes: int
    of: int
    what: str
    remedy: str

    @property
    def is_large(self) -> bool:
        """Whether it concerns more than 5 % of the notes."""
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
