"""The clips of a kit, from the pieces of its systems: which are heard, and what is heard beside them."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeVar

import numpy as np

from maestrokit.errors import UsageError, choices_hint
from maestrokit.files.pianos.find import default_piano
from maestrokit.listening.clips import Waveform, clip_of_performance, clip_of_sound, single_notes, without_music
from maestrokit.listening.design import ATTENTION, Clip, Design
from maestrokit.listening.kit import PRACTICE, REFERENCE, SourceSound
from maestrokit.listening.scales import COUNT, DESIGNS
from maestrokit.metrics.comparable import spread
from maestrokit.metrics.score_systems import FLOOR
from maestrokit.music.performance import Performance
from maestrokit.synth.piano import Piano

USUAL_CLIPS, USUAL_SECONDS = 8, 20.0
HUMAN_SYSTEM = "human"
P = TypeVar("P")


def human_of(systems: Sequence[str], design: str) -> str | None:
    """Return the system that machines are compared with, if there is one.

    Raises
    ------
    UsageError
        If there is no such design, it cannot be made of these systems, or a name is taken.
    """
    if design not in DESIGNS:
        raise UsageError(f"no design '{design}'", choices_hint(design, DESIGNS), parameter="design")
    if not systems:
        raise UsageError("a listening kit needs clips", "name sets of music with `system`", parameter="system")
    if design == "pairs" and len(systems) < 2:
        raise UsageError("the design pairs needs two systems", "name another with `system`", parameter="system")
    own = (PRACTICE, REFERENCE, *([FLOOR] if design == "mushra" else []))
    if taken := next((name for name in systems if name in own), None):
        raise UsageError(f"a kit has clips called '{taken}' of its own", "use another name", parameter="system")
    if design == "turing" and HUMAN_SYSTEM not in systems:
        raise UsageError("the design turing needs human clips", f"call their system {HUMAN_SYSTEM}", parameter="system")
    return HUMAN_SYSTEM if HUMAN_SYSTEM in systems else systems[0] if design == "mushra" else None


def rated_systems(systems: Sequence[str], design: str) -> list[str]:
    """Return the systems that are rated: in mushra the anchor, too."""
    return [*systems, *([FLOOR] if design == "mushra" else [])]


def check_pieces(name: str, pieces: int, clips: int) -> None:
    """Refuse a system that has fewer pieces than clips are wanted.

    Raises
    ------
    UsageError
        If it has.
    """
    if pieces < clips:
        fact = f"'{name}' has {pieces} pieces, and {clips} clips are wanted"
        raise UsageError(fact, "give fewer `clips`", parameter="clips")


def sounds_of(
    pieces: Mapping[str, Sequence[P]],
    human: str,
    design: Design,
    *,
    cut: Callable[[Mapping[Clip, P]], Mapping[Clip, SourceSound]],
    cut_anchors: Callable[[Mapping[Clip, P]], Mapping[Clip, SourceSound]],
    seed: int,
) -> dict[Clip, SourceSound]:
    """Return the sound of every clip of a kit.

    Parameters
    ----------
    pieces : mapping of str to sequence
        Of each system, its pieces, spread evenly over which as many are heard as there are clips.
    human : str
        The system that a clip for practice is from, and in mushra the references.
    cut, cut_anchors : function
        Returns a clip of each piece; an anchor is a piece without music.

    Raises
    ------
    UsageError
        If a system has fewer pieces than clips.
    """
    count = len({clip.index for trial in design.trials for clip in trial.clips if clip.system})
    chosen: dict[Clip, P] = {}
    for name, own in pieces.items():
        check_pieces(name, len(own), count)
        chosen |= {Clip(name, index): piece for index, piece in enumerate(spread(own, count))}
    rows = range(len(pieces[human]))
    spare = [row for row in rows if row not in spread(rows, count)]
    practice = pieces[human][spare[0] if spare else 0]
    sounds = dict(cut({**chosen, Clip(PRACTICE, 0): practice}))
    if design.name == "mushra":
        sounds |= {Clip(REFERENCE, index): sounds[Clip(human, index)] for index in range(count)}
        sounds |= cut_anchors({Clip(FLOOR, index): chosen[Clip(human, index)] for index in range(count)})
    generator = np.random.default_rng([seed, 2])
    for index, notes in enumerate(generator.choice(np.arange(COUNT.low, COUNT.high + 1), ATTENTION, replace=False)):
        sounds[Clip("", index)] = SourceSound(single_notes(int(notes), piano(), generator=generator), notes=int(notes))
    return sounds


def clip_of(
    music: Performance | Waveform, *, piece: str, name: str, seconds: float, seed: int, is_anchor: bool = False
) -> SourceSound:
    """Return a clip from somewhere in a performance, or in a recording at 48 kHz.

    Parameters
    ----------
    piece : str
        What it is called in the key.
    name : str
        Where in it the clip begins is by chance, for each name and seed another one.

    Raises
    ------
    BadDataError
        If there is nothing to be heard.
    """
    generator = np.random.default_rng([seed, zlib.crc32(name.encode("utf-8", "surrogateescape"))])
    if not isinstance(music, Performance):
        samples, start = clip_of_sound(music, seconds=seconds, generator=generator)
        return SourceSound(samples, piece, start)
    music = without_music(music, generator=generator) if is_anchor else music
    samples, start = clip_of_performance(music, piano(), seconds=seconds, generator=generator)
    return SourceSound(samples, piece, start)


def anchors_refused() -> UsageError:
    """Return the error that anchors cannot be made of recordings."""
    fact = "the anchors of mushra are made from notes, and the human system has recordings"
    return UsageError(fact, "give its performances as MIDI", parameter="system")


@cache
def piano() -> Piano:
    """Return the piano that ships, read once in each process."""
    return default_piano()
