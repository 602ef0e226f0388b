"""The options of ``maestrokit transpose``."""

from dataclasses import dataclass

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.declare import ASIDE, Excludes, Fact, only_with, option

KEY_USED = Fact("a shift that depends on the key, `report` or `verbose`")
KEY_SOUGHT = Fact("a key that is to be found, `report` or `verbose`")


# fmt: off
@dataclass(frozen=True)
class TransposeOptions:
    """How far performances are moved, and what becomes of notes outside the range."""

    semitones: int | None = option(None, "K", "Move by K semitones.", Within(-127, 127))
    to: str | None = option(None, "KEY", "Move into KEY (C, Eb, f#, 'A minor') by the smallest shift, -6..5 "
        "semitones, or by the same an octave up or down where only that keeps every note in the range. A piece of "
        "the other mode goes to the relative of KEY. Default: C, so that minor pieces go to A minor.",
        Excludes(("semitones",), "`to` finds the number of semitones itself"))
    key: str | None = option(None, "KEY", "The key the inputs are in. Default: found from the notes.",
        only_with(KEY_USED))
    profile: str = option("albrecht-shanahan", "NAME", "Key profile: albrecht-shanahan, krumhansl-kessler or "
        "kostka-payne.", only_with(KEY_SOUGHT), complete=one_of(kept_in("maestrokit.music.keys:PROFILES")))
    out_of_range: str = option("keep", "WAY", "Where notes would leave the range: keep writes and counts them, error "
        "refuses the input, fold moves them by octaves, drop leaves them out. MIDI has no pitch outside 0..127: "
        "there keep refuses the input.", complete=one_of(kept_in("maestrokit.music.edits.transpose:OUT_OF_RANGE")))
    range_: str = option("21..108", "LOW..HIGH", "The range, MIDI numbers (60 is middle C). Default is the piano's.",
        spell="--range")
    augment: str | None = option(None, "LOW..HIGH", "Write an output for each shift from LOW to HIGH, named as "
        "take.+2.mid. Shifts count from where --to or --semitones leads, else from the input as it is.")
    report: str | None = option(None, "FILE", "Write a record an input to FILE: key, confidence, shift, counts, the "
        "score of each key. TSV, CSV, JSON Lines or JSON by the suffix, else JSON Lines.", ASIDE)
