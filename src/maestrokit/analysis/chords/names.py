"""Chord labels: Harte's syntax, and Roman numerals in a key."""

from maestrokit.analysis.chords.from_notes import Chords
from maestrokit.analysis.chords.templates import QUALITIES
from maestrokit.music.keys import Key, spelled

NONE = "N"
FROM_C = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)  # fifths from the tonic to each semitone above: b2, b3, #4, b6, b7
DEGREES = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "#5", "6", "b7", "7")
NUMERALS = {
    "major": ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII"),
    "minor": ("I", "bII", "II", "III", "#III", "IV", "#IV", "V", "VI", "#VI", "VII", "#VII"),
}
FORMS = {"dim": "o", "aug": "+", "maj7": "M", "hdim7": "%", "dim7": "o"}
LOWER_CASE = ("min", "dim", "min7", "hdim7", "dim7")
TRIAD_FIGURES, SEVENTH_FIGURES = ("", "6", "64"), ("7", "65", "43", "2")


def harte_labels(chords: Chords, key: Key | None = None) -> list[str]:
    """Return chords in Harte's syntax, as ``C:maj``, ``Eb:min7/b3`` or ``N``; mir_eval.chord reads them.

    Parameters
    ----------
    chords : Chords
        From :func:`chord_spans`.
    key : Key, optional
        Decides how roots are spelled. Default is C major.

    Returns
    -------
    list of str
        One for each chord.

    References
    ----------
    Harte, Sandler, Abdallah and Gomez, "Symbolic representation of musical chords", ISMIR 2005.
    """
    columns = chords.root.tolist(), chords.quality.tolist(), chords.inversion.tolist()
    return [harte_label(*chord, key=key) for chord in zip(*columns, strict=True)]


def harte_label(root: int, quality: int, inversion: int, *, key: Key | None = None) -> str:
    """Return one chord in Harte's syntax.

    >>> harte_label(3, 6, 1), harte_label(-1, -1, 0)
    ('Eb:min7/b3', 'N')
    """
    if root < 0:
        return NONE
    name, degrees, _ = QUALITIES[quality]
    degree = "bb7" if (name, inversion) == ("dim7", 3) else DEGREES[degrees[inversion]]
    return f"{pitch_class_name(root, key)}:{name}" + (f"/{degree}" if inversion else "")


def roman_numerals(chords: Chords, key: Key) -> list[str]:
    """Return chords as Roman numerals in a key, as ``V65``, ``ii%7``, ``bVI``, ``#viio7``; ``N`` where there is none.

    The conventions are those of the DCML standard: lower case for minor and diminished, ``o`` diminished, ``%``
    half-diminished, ``+`` augmented, ``M`` major seventh, figures for inversions, degrees counted on the major scale
    in major and on the natural minor scale in minor. Applied chords are not resolved: V of V in major is II.

    Parameters
    ----------
    chords : Chords
        From :func:`chord_spans`.
    key : Key
        The key that degrees are counted in.

    Returns
    -------
    list of str
        One for each chord.

    References
    ----------
    Hentschel, Neuwirth and Rohrmeier, "The Annotated Mozart Sonatas: score, harmony, and cadence", TISMIR 4 (2021).
    """
    columns = chords.root.tolist(), chords.quality.tolist(), chords.inversion.tolist()
    return [roman_numeral(*chord, key=key) for chord in zip(*columns, strict=True)]


def roman_numeral(root: int, quality: int, inversion: int, *, key: Key) -> str:
    """Return one chord as a Roman numeral.

    >>> roman_numeral(7, 4, 1, key=Key(0, "major"))
    'V65'
    """
    if root < 0:
        return NONE
    name, degrees, _ = QUALITIES[quality]
    numeral = NUMERALS[key.mode][(root - key.tonic) % 12]
    if name in LOWER_CASE:
        numeral = numeral.replace("I", "i").replace("V", "v")
    if name.startswith("sus"):
        return numeral + ("" if inversion == 0 else TRIAD_FIGURES[inversion]) + name
    figures = SEVENTH_FIGURES if len(degrees) == 4 else TRIAD_FIGURES
    return numeral + FORMS.get(name, "") + figures[inversion]


def pitch_class_name(pitch_class: int, key: Key | None = None) -> str:
    """Return the name of a pitch class, spelled as it would be in a key; default C major.

    >>> [pitch_class_name(10), pitch_class_name(10, Key(11, "major"))]
    ['Bb', 'A#']
    """
    key = key or Key(0, "major")
    tonic_fifths = key.fifths + (3 if key.mode == "minor" else 0)
    return spelled(tonic_fifths + FROM_C[(pitch_class - key.tonic) % 12])
