"""Keys: their names, and which one a performance is in.

A piece is in the key whose profile (how much each degree of the scale is used) correlates best with how long each
pitch class sounds. Keys are counted 0..23: the majors from C upwards, then the minors from C minor upwards.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats
from maestrokit.errors import BadDataError, UsageError, choices_hint
from maestrokit.music.note_arrays import note_seconds
from maestrokit.music.performance import DRUM_CHANNEL, Performance

Mode = Literal["major", "minor"]
FIFTHS_LINE = "FCGDAEB"  # letters in rising fifths; C is one step from the left
PATTERN = re.compile(r"([A-Ga-g])(##?|bb?|[-_ ]?sharp|[-_ ]?flat)?[\s:_-]*([Mm]aj(?:or)?|[Mm]in(?:or)?|M|m)?")
STEEPNESS = 20.0  # of confidence, per unit of correlation; fitted on half of POP909 (tests/benchmarks/keys.py)

PROFILES = {
    "albrecht-shanahan": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
    "krumhansl-kessler": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    "kostka-payne": (
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
    ),
}
"""Weight of each semitone above the tonic, in major and in minor; see :func:`key_scores`."""


@dataclass(frozen=True)
class Key:
    """A tonic (pitch class 0..11, C is 0) and a mode. How the tonic was spelled is not kept.

    Parameters
    ----------
    tonic : int
        Pitch class, 0..11; C is 0.
    mode : {'major', 'minor'}
        The mode.

    Examples
    --------
    >>> Key(6, "minor").name, Key(3, "major").short_name, Key(8, "minor").fifths
    ('F# minor', 'Eb', 5)
    """

    tonic: int
    mode: Mode

    @property
    def index(self) -> int:
        """Index among the 24 keys."""
        return self.tonic + 12 * (self.mode == "minor")

    @classmethod
    def from_index(cls, index: int) -> Self:
        """Return the key at an index among the 24."""
        return cls(int(index) % 12, "minor" if index >= 12 else "major")

    @property
    def fifths(self) -> int:
        """Sharps of the key signature, flats negative, -6..5: of two spellings the one with fewer signs, else flats."""
        major_tonic = self.tonic + (3 if self.mode == "minor" else 0)
        return (7 * major_tonic + 6) % 12 - 6

    @classmethod
    def from_fifths(cls, fifths: int, mode: Mode) -> Self:
        """Return the key with so many sharps (flats negative)."""
        return cls((7 * fifths + (9 if mode == "minor" else 0)) % 12, mode)

    @property
    def tonic_name(self) -> str:
        """The tonic as it is spelled in the key signature: ``C``, ``Eb``, ``F#``."""
        return spelled(self.fifths + (3 if self.mode == "minor" else 0))

    @property
    def name(self) -> str:
        """``C major``, ``F# minor``."""
        return f"{self.tonic_name} {self.mode}"

    @property
    def short_name(self) -> str:
        """``C`` for C major, ``f#`` for F sharp minor."""
        return self.tonic_name if self.mode == "major" else self.tonic_name[0].lower() + self.tonic_name[1:]

    @property
    def relative(self) -> "Key":
        """The key of the other mode with the same signature."""
        return Key.from_fifths(self.fifths, "minor" if self.mode == "major" else "major")

    def transposed(self, semitones: int) -> "Key":
        """Return the key so many semitones higher."""
        return Key((self.tonic + semitones) % 12, self.mode)

    def __str__(self) -> str:
        return self.name


def spelled(fifths_from_c: int) -> str:
    """Return the note name so many fifths above C (below, if negative).

    >>> [spelled(n) for n in (0, 1, -1, 6, -7)]
    ['C', 'G', 'F', 'F#', 'Cb']
    """
    accidentals, letter = divmod(fifths_from_c + 1, 7)
    return FIFTHS_LINE[letter] + ("#" if accidentals > 0 else "b") * abs(accidentals)


def parse_key(text: str) -> Key:
    """Return the key with a name: ``C``, ``Eb``, ``f#``, ``F# minor``, ``Bbm``, ``A:min``.

    A lower-case letter alone is a minor key.

    Parameters
    ----------
    text : str
        The name.

    Returns
    -------
    Key
        The key of that name.

    Raises
    ------
    UsageError
        If it is no name of a key.

    Examples
    --------
    >>> parse_key("f#") == parse_key("F# minor") == parse_key("Gbm")
    True
    """
    match = PATTERN.fullmatch(text.strip())
    if not match:
        raise UsageError(f"'{text}' is no key", "write C, Eb or 'F# major'; minor keys as a, f# or 'C minor'")
    letter, accidental, mode = match[1], match[2] or "", match[3] or ""
    shift = {"#": 1, "##": 2, "b": -1, "bb": -2, "": 0}.get(accidental, 1 if "sharp" in accidental else -1)
    natural = 7 * (FIFTHS_LINE.index(letter.upper()) - 1)
    is_minor = mode.lower().startswith("min") or mode == "m" or (not mode and letter.islower())
    return Key((natural + shift) % 12, "minor" if is_minor else "major")


class KeyEstimate(NamedTuple):
    """The key of a performance, and how the others fared.

    Parameters
    ----------
    key : Key
        The key.
    scores : float64, shape (24,)
        Correlation with each of the 24 keys, -1..1.
    confidence : float
        Probability of the key among the 24, if scores are what they were on POP909, 0..1.
    """

    key: Key
    scores: Floats
    confidence: float


def key_scores(weights: ArrayLike, *, profile: str = "albrecht-shanahan") -> Floats:
    """Return how well the 24 keys explain how long each pitch class sounds: Pearson's correlation with their profiles.

    Parameters
    ----------
    weights : array_like, shape (12,) or (n, 12), >= 0
        Weight of each pitch class from C, usually seconds. Only proportions matter.
    profile : {'albrecht-shanahan', 'krumhansl-kessler', 'kostka-payne'}
        Default is Albrecht and Shanahan's, the best of the three in tests/benchmarks/keys.py.

    Returns
    -------
    float64, shape (24,) or (n, 24)
        -1..1; all 0 where the weights are all equal, for instance silence.

    Raises
    ------
    UsageError
        If there is no such profile.

    References
    ----------
    Albrecht and Shanahan, "The use of large corpora to train a new type of key-finding algorithm", Music Perception
    31 (2013). Krumhansl, "Cognitive foundations of musical pitch" (1990), with Kessler's probe-tone ratings.
    Temperley, "Music and probability" (2007), for the proportions in the Kostka-Payne corpus.
    """
    check_profile(profile)
    return _centred(np.asarray(weights, np.float64)) @ _profile_columns(profile)


def check_profile(profile: str) -> None:
    """Raise UsageError unless there is such a key profile."""
    if profile not in PROFILES:
        raise UsageError(f"'{profile}' is no key profile", choices_hint(profile, PROFILES), parameter="profile")


def find_key(performance: Performance, *, profile: str = "albrecht-shanahan") -> KeyEstimate:
    """Return the key of a whole performance, by how long each pitch class is held down (drums are no notes).

    Durations are seconds as played, uncapped and without the pedal; tests/benchmarks/keys.py compares other weights.

    Parameters
    ----------
    performance : Performance
        Whose key to find.
    profile : {'albrecht-shanahan', 'krumhansl-kessler', 'kostka-payne'}
        See :func:`key_scores`.

    Returns
    -------
    KeyEstimate
        The key, the scores of all keys, and the confidence.

    Raises
    ------
    BadDataError
        If there are no notes.
    """
    notes = performance.notes
    onset, offset = note_seconds(performance)
    duration = offset - onset
    duration[notes.channel == DRUM_CHANNEL] = 0.0
    weights = np.bincount(notes.pitch, duration, minlength=132).reshape(-1, 12).sum(axis=0)  # 132: 11 whole octaves
    if not weights.any():
        raise BadDataError("no notes to find a key from", "give its `key`, or the shift in `semitones`")
    return estimate(key_scores(weights, profile=profile))


def estimate(scores: Floats) -> KeyEstimate:
    """Return the best of 24 scored keys; the first where several are equally good."""
    likelihoods = np.exp(STEEPNESS * (scores - scores.max()))
    best = int(scores.argmax())
    return KeyEstimate(Key.from_index(best), scores, float(likelihoods[best] / likelihoods.sum()))


@lru_cache(maxsize=len(PROFILES))
def _profile_columns(profile: str) -> Floats:
    """Return the profiles of all 24 keys, centred, shape (12, 24)."""
    return _centred(np.array([np.roll(mode, tonic) for mode in PROFILES[profile] for tonic in range(12)])).T


def _centred(rows: Floats) -> Floats:
    """Return each row less its mean, and of length 1 (0 where all its values are equal)."""
    centred = rows - rows.sum(axis=-1, keepdims=True) / rows.shape[-1]
    length = np.sqrt((centred * centred).sum(axis=-1, keepdims=True))
    flat = length <= 1e-12 * np.abs(rows).max(axis=-1, keepdims=True)
    return np.asarray(np.where(flat, 0.0, centred / np.where(flat, 1.0, length)))
