"""Scores, performed."""

from collections.abc import Sequence
from pathlib import Path

from maestrokit.api.inputs import checked_seed, names, performance_of
from maestrokit.errors import warn_of
from maestrokit.files.musicxml import is_musicxml, read_musicxml
from maestrokit.inference.performer import PerformConfig, Performer, load_performer, perform_score
from maestrokit.music.performance import Performance


def perform(
    score: Performance | str | Path,
    *,
    model: str | Performer = "performer",
    tempo: float | None = None,
    rubato: float = 1.0,
    dynamics: float = 1.0,
    composer: str | None = None,
    like: Performance | str | Path | None = None,
    keep: Sequence[str] = (),
    count: int = 1,
    seed: int = 0,
    temperature: float | None = None,
) -> list[Performance]:
    """Return performances of a score as a person might play it: all its notes, and no others.

    Tempo, onsets, velocities, articulation and the sustain pedal are sampled from a model that learned them from people
    whose every note has a known place in a score. Ticks stay positions in the score.

    Parameters
    ----------
    score : Performance, str or Path
        With time signatures and a tempo map, which the model reads. Files are MIDI or, if partitura is installed,
        MusicXML, whose repeats are played out.
    model : str or Performer
        Name of a shipped model, path of a run folder of the task ``performance``, or a model from
        :func:`load_performer`.
    tempo : float, 10 to 400, in quarters per minute, optional
        Mean tempo. Default is that of the tempo map.
    rubato, dynamics : float, 0 to 2
        How much timing, and velocities, depart from their means: 1 as sampled, 0 not at all.
    composer : str, optional
        In whose manner, among the composers that the model knows.
    like : Performance, str or Path, optional
        A performance whose mean tempo, rubato, mean velocity and range of velocities are taken.
    keep : sequence of {'timing', 'velocity', 'pedal'}
        Parts that stay as the score has them.
    count : int > 0
        Number of performances. Default is 1.
    seed : int >= 0
        The same seed gives the same performances on the same machine. Default is 0.
    temperature : float, 0 to 100, optional
        Below 1 is more conservative, above more varied. Default is what was fitted to the model.

    Returns
    -------
    list of Performance
        As many as `count`. Warns by DataWarning where the score gives no tempo.

    Raises
    ------
    MaestrokitError
        NoInputError: there is no such model or file. BadDataError: one is damaged, or the score has no notes.
        UsageError: an argument is out of its range.

    Examples
    --------
    >>> (played,) = maestrokit.perform("score.mid", rubato=1.2)  # doctest: +SKIP
    """
    config = PerformConfig(tempo, rubato, dynamics, composer, tuple(names(keep) or ()), count, checked_seed(seed))
    performer = load_performer(model) if isinstance(model, str) else model
    sampling = {} if temperature is None else {"temperature": temperature}
    example = None if like is None else performance_of(like)
    is_xml = not isinstance(score, Performance) and is_musicxml(str(score))
    given = read_musicxml(str(score)) if is_xml else performance_of(score)
    performances, notes = perform_score(performer, given, config, like=example, sampling=sampling)
    warn_of(notes)
    return performances
