"""Listening tests: the kit that listeners get, and what their answers say."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from maestrokit.api.inputs import checked_seed, samples_at
from maestrokit.api.reading import read
from maestrokit.audio.loudness import SAMPLE_RATE
from maestrokit.bounds import DAY, Within, check
from maestrokit.errors import NoInputError
from maestrokit.files import streams
from maestrokit.files.sound.read import Sound
from maestrokit.listening.answers import (
    LARGEST,
    LARGEST_KEY,
    Answers,
    KitKey,
    add_answers,
    check_answers,
    panel_of,
    parse_answers,
    parse_key,
)
from maestrokit.listening.assembly import (
    USUAL_CLIPS,
    USUAL_SECONDS,
    anchors_refused,
    clip_of,
    human_of,
    rated_systems,
    sounds_of,
)
from maestrokit.listening.clips import Waveform
from maestrokit.listening.design import MOST_CLIPS, Clip, make_design
from maestrokit.listening.kit import Kit, SourceSound, check_address, make_kit
from maestrokit.listening.scales import Scale
from maestrokit.metrics.ratings.score import RatingScores, score
from maestrokit.music.performance import Performance

Music: TypeAlias = Performance | Sound | str | Path
"""A performance or a recording, as a value or as the path of its file."""


def make_listening_kit(
    systems: Mapping[str, Iterable[Music]],
    *,
    design: str = "mos",
    clips: int = USUAL_CLIPS,
    seconds: float = USUAL_SECONDS,
    scales: Sequence[Scale] | None = None,
    information: str | None = None,
    post: str | None = None,
    seed: int = 0,
) -> Kit:
    """Return a blind listening test of clips of several systems, as a page for browsers.

    Clips are cut at pauses, faded and equally loud; each listener meets them in an order of a balanced design.

    Parameters
    ----------
    systems : mapping of str to iterable of Performance, Sound, str, or Path
        The pieces of each system, as values or as files. Performances are played on the piano that ships. The system
        called ``human`` is what machines are compared with.
    design : {'mos', 'pairs', 'mushra', 'turing'}
        What a trial is: a clip that is rated, two of which one is preferred, one of each system beside a human
        reference, or a clip that is by a human or by a machine.
    clips : int, 2..200
        Number of clips of each system.
    seconds : float > 0, in seconds
        Length of the clips.
    scales : sequence of Scale, optional
        What is asked. Default is the questions of the design.
    information : str, optional
        What listeners read before they agree to take part, with empty lines between paragraphs. Default is a usual
        text.
    post : str, optional
        The address that the page also sends the answers to.
    seed : int >= 0
        Seed of all that is by chance.

    Returns
    -------
    Kit
        The files of the test, and the key that unblinds its answers; :func:`write_listening_kit` writes both.

    Raises
    ------
    UsageError
        If a value is out of its bounds, a system has fewer pieces than clips, or the design needs another one.
    NoInputError, BadDataError
        If a file cannot be opened, is damaged, or has nothing to be heard.
    """
    check("clips", clips, Within(2, MOST_CLIPS))
    check("seconds", seconds, Within(0, DAY, above=True))
    checked_seed(seed)
    check_address(post)
    human = human_of([*systems], design)
    plan = make_design(design, rated_systems([*systems], design), clips=clips, scales=scales, seed=seed)
    cut = partial(_cut, seconds=seconds, seed=seed)
    anchors, pieces = partial(cut, is_anchor=True), {name: [*own] for name, own in systems.items()}
    sounds = sounds_of(pieces, human or next(iter(pieces)), plan, cut=cut, cut_anchors=anchors, seed=seed)
    return make_kit(plan, sounds, seed=seed, human=human, information=information, post=post)


def _cut(music: Mapping[Clip, Music], *, seconds: float, seed: int, is_anchor: bool = False) -> dict[Clip, SourceSound]:
    """Return a clip of each piece."""
    sounds = {}
    for clip, source in music.items():
        piece = Path(source).name if isinstance(source, str | Path) else str(clip.index + 1)
        uncut = _music(source)
        if is_anchor and not isinstance(uncut, Performance):
            raise anchors_refused()
        name = f"{clip.system} {clip.index} {piece}"
        sounds[clip] = clip_of(uncut, piece=piece, name=name, seconds=seconds, seed=seed, is_anchor=is_anchor)
    return sounds


def _music(source: Music) -> Performance | Waveform:
    """Return a performance, or the samples of a recording at the rate of clips."""
    music = read(source) if isinstance(source, str | Path) else source
    return music if isinstance(music, Performance) else samples_at(music, SAMPLE_RATE)


def score_ratings(
    answers: str | Path | Iterable[str | Path], key: str | Path | Mapping[str, Any], *, seed: int = 0
) -> RatingScores:
    """Return what the answers of listeners say of each system.

    Parameters
    ----------
    answers : str, Path, or iterable of these
        Files of answers, or folders of them (``*.json``). Those of one listener count once.
    key : str, Path, or mapping
        The key of the kit: its file, or the ``key`` of :func:`make_listening_kit`.
    seed : int >= 0
        Seed of the bootstrap intervals.

    Returns
    -------
    RatingScores
        Of each system its mean opinions with intervals, shares taken for human and strengths; the agreement and the
        exclusions of the panel; the comparisons of each two systems.

    Raises
    ------
    NoInputError
        If there are no answers, or a file cannot be opened.
    BadDataError
        If a file holds no answers to this kit, or two files hold different ones by the same listener.

    References
    ----------
    Krippendorff, K. Computing Krippendorff's alpha-reliability. University of Pennsylvania, 2011.
    Owen, A. B. The pigeonhole bootstrap. Annals of Applied Statistics 1, 2007.
    """
    seed = checked_seed(seed)
    table = _key(key)
    known: dict[str, tuple[str, Answers]] = {}
    for path in _files([answers] if isinstance(answers, str | Path) else answers):
        listener_answers = parse_answers(streams.contents(Path(path), most=LARGEST + 1), name=str(path))
        check_answers(listener_answers, table, name=str(path))
        add_answers(known, listener_answers, name=str(path))
    if not known:
        raise NoInputError("no answers that can be read")
    return score(
        panel_of([listener_answers for _, listener_answers in known.values()], table),
        generator=np.random.default_rng(seed),
    )


def _key(key: str | Path | Mapping[str, Any]) -> KitKey:
    if isinstance(key, str | Path):
        return parse_key(streams.contents(Path(key), most=LARGEST_KEY), name=str(key))
    return parse_key(json.dumps(dict(key)).encode(), name="key")


def _files(names: Iterable[str | Path]) -> list[Path]:
    paths = [Path(name) for name in names]
    return [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
