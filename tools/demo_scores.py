"""The scores of the demonstration performances.

A voice is text: each word a note ``PITCH/LENGTH``, the length in sixteenths, chords joined by ``+``, ``r`` a rest. Bars
are separated by ``|`` for the reader's sake.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoScore:
    """A piece: its voices, melody first, and how it goes; lengths are in sixteenths."""

    title: str
    voices: tuple[str, ...]
    beats_per_minute: float
    beat_length: int
    bar_length: int
    pickup_length: int = 0
    softness: float = 0.5
    """0 is loud, 1 is soft."""


_BACH_CHORDS = """C4 E4 G4 C5 E5 | C4 D4 A4 D5 F5 | B3 D4 G4 D5 F5 | C4 E4 G4 C5 E5 | C4 E4 A4 E5 A5 | C4 D4 F#4 A4 D5 |
B3 D4 G4 D5 G5 | B3 C4 E4 G4 C5 | A3 C4 E4 G4 C5 | D3 A3 D4 F#4 C5 | G3 B3 D4 G4 B4 | G3 Bb3 E4 G4 C#5 |
F3 A3 D4 A4 D5 | F3 Ab3 D4 F4 B4 | E3 G3 C4 G4 C5 | E3 F3 A3 C4 F4 | D3 F3 A3 C4 F4 | G2 D3 G3 B3 F4 | C3 E3 G3 C4 E4"""
_BARS = [bar.split() for bar in _BACH_CHORDS.split("|")]

BACH = DemoScore(
    "J. S. Bach: Prelude BWV 846, bars 1 to 19",
    (
        " | ".join(" ".join(["r/2", *(f"{note}/1" for note in (bar[2:] * 2))] * 2) for bar in _BARS),
        " | ".join(f"{bar[0]}/8 {bar[0]}/8" for bar in _BARS),
        " | ".join(f"r/1 {bar[1]}/7 r/1 {bar[1]}/7" for bar in _BARS),
    ),
    beats_per_minute=66,
    beat_length=4,
    bar_length=16,
)

PETZOLD = DemoScore(
    "C. Petzold: Minuet BWV Anh. 114, bars 1 to 16",
    (
        """D5/4 G4/2 A4/2 B4/2 C5/2 | D5/4 G4/4 G4/4 | E5/4 C5/2 D5/2 E5/2 F#5/2 | G5/4 G4/4 G4/4 |
        C5/4 D5/2 C5/2 B4/2 A4/2 | B4/4 C5/2 B4/2 A4/2 G4/2 | F#4/4 G4/2 A4/2 B4/2 G4/2 | A4/12 |
        D5/4 G4/2 A4/2 B4/2 C5/2 | D5/4 G4/4 G4/4 | E5/4 C5/2 D5/2 E5/2 F#5/2 | G5/4 G4/4 G4/4 |
        C5/4 D5/2 C5/2 B4/2 A4/2 | B4/4 C5/2 B4/2 A4/2 G4/2 | A4/4 B4/2 A4/2 G4/2 F#4/2 | G4/12""",
        """G3+B3+D4/8 A3/4 | B3/12 | C4/12 | B3/12 | A3/12 | G3/12 | D4/4 B3/4 G3/4 | D4/4 D3/2 C4/2 B3/2 A3/2 |
        B3/8 A3/4 | G3/4 B3/4 G3/4 | C4/12 | B3/4 C4/2 B3/2 A3/2 G3/2 | A3/8 F#3/4 | G3/8 B3/4 | C4/4 D4/4 D3/4 |
        G3/8 G2/4""",
    ),
    beats_per_minute=112,
    beat_length=4,
    bar_length=12,
    softness=0.35,
)

BEETHOVEN = DemoScore(
    "L. van Beethoven: Bagatelle WoO 59, its theme",
    (
        """E5/1 D#5/1 | E5/1 D#5/1 E5/1 B4/1 D5/1 C5/1 | A4/2 r/1 C4/1 E4/1 A4/1 | B4/2 r/1 E4/1 G#4/1 B4/1 |
        C5/2 r/1 E4/1 E5/1 D#5/1 | E5/1 D#5/1 E5/1 B4/1 D5/1 C5/1 | A4/2 r/1 C4/1 E4/1 A4/1 |
        B4/2 r/1 E4/1 C5/1 B4/1 | A4/2 r/1 B4/1 C5/1 D5/1 | E5/3 G4/1 F5/1 E5/1 | D5/3 F4/1 E5/1 D5/1 |
        C5/3 E4/1 D5/1 C5/1 | B4/2 r/1 E4/1 E5/1 r/1 | r/1 E5/1 E6/1 r/2 D#5/1 | E5/1 r/2 D#5/1 E5/1 D#5/1 |
        E5/1 D#5/1 E5/1 B4/1 D5/1 C5/1 | A4/2 r/1 C4/1 E4/1 A4/1 | B4/2 r/1 E4/1 G#4/1 B4/1 |
        C5/2 r/1 E4/1 E5/1 D#5/1 | E5/1 D#5/1 E5/1 B4/1 D5/1 C5/1 | A4/2 r/1 C4/1 E4/1 A4/1 |
        B4/2 r/1 E4/1 C5/1 B4/1 | A4/6""",
        """r/2 | r/6 | A2/1 E3/1 A3/1 r/3 | E2/1 E3/1 G#3/1 r/3 | A2/1 E3/1 A3/1 r/3 | r/6 | A2/1 E3/1 A3/1 r/3 |
        E2/1 E3/1 G#3/1 r/3 | A2/1 E3/1 A3/1 r/3 | C3/1 G3/1 C4/1 r/3 | G2/1 G3/1 B3/1 r/3 | A2/1 E3/1 A3/1 r/3 |
        E2/1 E3/1 E4/1 r/3 | r/6 | r/6 | r/6 | A2/1 E3/1 A3/1 r/3 | E2/1 E3/1 G#3/1 r/3 | A2/1 E3/1 A3/1 r/3 |
        r/6 | A2/1 E3/1 A3/1 r/3 | E2/1 E3/1 G#3/1 r/3 | A2/1 E3/1 A3/4""",
    ),
    beats_per_minute=118,
    beat_length=2,
    bar_length=6,
    pickup_length=2,
)

_GYMNOPEDIE_PAIR = "G2/12 | D2/12"
_GYMNOPEDIE_CHORDS = "r/4 B3+D4+F#4/8 | r/4 A3+C#4+F#4/8"

SATIE = DemoScore(
    "E. Satie: Gymnopedie No. 1, bars 1 to 16",
    (
        """r/12 | r/12 | r/12 | r/12 | r/4 F#5/4 A5/4 | G5/4 F#5/4 C#5/4 | B4/4 C#5/4 D5/4 | A4/12 |
        F#4/48 | r/4 F#5/4 A5/4 | G5/4 F#5/4 C#5/4 | B4/4 C#5/4 D5/4 | A4/12""",
        " | ".join([_GYMNOPEDIE_PAIR] * 8),
        " | ".join([_GYMNOPEDIE_CHORDS] * 8),
    ),
    beats_per_minute=76,
    beat_length=4,
    bar_length=12,
    softness=0.8,
)

SCORES = {
    "bach-prelude": BACH,
    "petzold-minuet": PETZOLD,
    "beethoven-elise": BEETHOVEN,
    "satie-gymnopedie": SATIE,
}
