"""Scores, performed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from maestrokit.api.inputs import checked_seed, names, performance_of
from maestrokit.errors import warn_of
from maestrokit.files.musicxml import is_musicxml, read_musicxml
from maestrokit.inference.scores.performer import PerformConfig, Performer, load_performer, perform_score
from maestrokit.music.performance import Performance


class PerformOptions(TypedDict, total=False):
    """What :func:`perform` may be asked for by keyword.

    Parameters
    ----------
    tempo : float, 10 to 400, in quarters per minute
        Mean tempo. Default is that of the tempo map.
    rubato, dynamics : float, 0 to 2
        How much timing, and velocities, depart from their means: 1, the default, as sampled, 0 not at all.
    composer : str
        In whose manner, among the composers that the model knows.
    keep : sequence of {'timing', 'velocity', 'pedal'}
        Parts that stay as the score has them. With timing, `tempo` and `rubato` are refused, and `dynamics` with
        velocity.
    count : int > 0
        Number of performances. Default is 1.
    seed : int >= 0
        The same seed gives the same performances on the same machine. Default is 0.
    """

    tempo: float | None
    rubato: float
    dynamics: float
    composer: str | None
    keep: Sequence[str]
    count: int
    seed: int


def perform(
    score: Performance | str | Path,
    *,
    model: str | Performer = "performer",
    like: Performance | str | Path | None = None,
    temperature: float | None = None,
    **options: Unpack[PerformOptions],
) -> list[Performance]:
    """Return performances of a score as a person might play it: all its notes, and no others.

    Tempo, onsets, velocities, articulation and the sustain pedal are sampled from a model that learned them from people
    whose every note has a known place in a score. Ticks stay positions in the score.

    Parameters
    ----------
    score : Performance, str or Path
        With time signatures and a tempo map, which the model reads. Velocities that differ are its dynamics, as
        programs of notation write them, and two tracks or channels its staves. Files are MIDI or, if partitura is
        installed, MusicXML, whose repeats are played out; its dynamics, accents, slurs, staccato and pedal marks are
        played.
    model : str or Performer
        Name of a shipped model, path of a run folder of the task ``performance``, or a model from
        :func:`load_performer`.
    like : Performance, str or Path, optional
        A performance whose mean tempo, rubato, mean velocity and range of velocities are taken.
    temperature : float, 0 to 100, optional
        Below 1 is more conservative, above more varied. Default is what was fitted to the model.
    **options : PerformOptions
        Tempo, rubato, dynamics, composer, parts to keep, number and seed.

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
    >>> (performance,) = maestrokit.perform("score.mid", rubato=1.2)  # doctest: +SKIP
    """
    kept_parts = tuple(names(options.get("keep")) or ())
    config = PerformConfig(**{**options, "keep": kept_parts, "seed": checked_seed(options.get("seed", 0))})  # type: ignore[arg-type]
    performer = load_performer(model) if isinstance(model, str) else model
    sampling = {} if temperature is None else {"temperature": temperature}
    example = None if like is None else performance_of(like)
    is_xml = not isinstance(score, Performance) and is_musicxml(str(score))
    score_performance = read_musicxml(str(score)) if is_xml else performance_of(score)
    performances, notes = perform_score(performer, score_performance, config, like=example, sampling=sampling)
    warn_of(notes)
    return performances
