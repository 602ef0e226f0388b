"""Performances in another style."""

from pathlib import Path

from maestrokit.api.inputs import performance_of
from maestrokit.inference.style import load_style_model, transferred
from maestrokit.music.performance import Performance


def transfer_style(
    performance: Performance | str | Path,
    style: str,
    *,
    model: str = "style",
    strength: float = 1.0,
    device: str = "cpu",
) -> Performance:
    """Return a whole performance in another style.

    Notes that stay are where they were played; velocities, lengths and notes change. A pedal stays while at least half
    of the notes that ring through it still do. Drums and keys outside a piano are left out.

    Parameters
    ----------
    performance : Performance, str or Path
        What is changed, or its file.
    style : str
        One of the two sets that the model was trained on, such as 'chopin'.
    model : str
        Name of a shipped model, or path of a run folder of the task ``style``.
    strength : float, 0 to 1
        Share of the changes that is made, the surest first. Default is 1, what was learnt; 0 changes nothing.
    device : str
        ``cpu``, ``cuda``, or ``auto``, a GPU if there is one.

    Returns
    -------
    Performance
        Valid: keys of a piano, every note ends, pedals come up.

    Raises
    ------
    MaestrokitError
        UsageError: the model has no such style, or the strength is out of its range. NoInputError: there is no such
        model or file. BadDataError: the performance has no notes of a piano, or the model is damaged.

    Examples
    --------
    >>> new = maestrokit.transfer_style("take.mid", "chopin")  # doctest: +SKIP
    """
    return transferred(performance_of(performance), load_style_model(model, device=device), style, strength=strength)
