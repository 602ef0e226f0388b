"""Sections on sets as a whole: pitch classes, times between onsets, chord changes."""

from collections.abc import Callable, Mapping

import numpy as np

from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.arrays import Floats
from maestrokit.cli.commands.evaluate.report.contents import Figure, Section
from maestrokit.metrics.profile import Profile
from maestrokit.metrics.sets.rhythmic_entropy import EDGES
from maestrokit.plots.inline.curves import histogram
from maestrokit.plots.inline.matrix import heat_map
from maestrokit.plots.inline.svg import Tick

DEGREES = ("1", "♭2", "2", "♭3", "3", "4", "♭5", "5", "♭6", "6", "♭7", "7")
SECONDS = (0.03, 0.1, 0.3, 1.0, 3.0)  # that have labels
SYMBOLS = {"maj": "M", "min": "m", "dim": "°", "aug": "+", "maj7": "M7", "min7": "m7", "hdim7": "ø7", "dim7": "°7",
           "sus2": "s2", "sus4": "s4"}  # fmt: skip
SHORT = tuple(SYMBOLS.get(name, name) for name in QUALITY_NAMES)
ROOTS = tuple(str(semitones) for semitones in range(12))


def profile_sections(profiles: Mapping[str, Profile], reference: str) -> list[Section]:
    """Return the sections; the outline in histograms is the set of the name `reference`, if it is there."""
    outlined = f" The outline is '{reference}'." if reference in profiles else ""
    base = profiles.get(reference)
    per_octave = (len(EDGES) - 1) / np.log2(EDGES[-1] / EDGES[0])
    seconds = [
        Tick((np.log2(second / EDGES[0]) * per_octave + 1) / (len(EDGES) + 1), f"{second:g} s") for second in SECONDS
    ]
    degrees = [Tick((step + 0.5) / 12, name) for step, name in enumerate(DEGREES)]
    return [
        Section(
            "Pitch classes", f"Shares of the pitch classes above the tonic of each piece, mean over pieces.{outlined}",
            figures=_histograms(profiles, base, lambda profile: profile.degrees, degrees, DEGREES, "pitch class"),
        ),
        Section(
            "Times between onsets", "Shares of the times from one onset to the next, in classes of equal ratio, mean "
            f"over pieces; onsets up to 30 ms apart are one.{outlined}",
            figures=_histograms(profiles, base, lambda profile: profile.intervals, seconds, _classes(),
                                "time between onsets"),
        ),
        Section(
            "Chord changes", "How often each change of chords is: first by the quality of the chord before and the "
            "semitones from root to root, then by the qualities before (rows) and after (columns). The opacity is the "
            "square root of the share, in the same scale for all.",
            figures=[*_heat_maps(profiles, 2, ROOTS, "semitones up"), *_heat_maps(profiles, 1, SHORT, "quality after")],
        ),
    ]  # fmt: skip


def _classes() -> list[str]:
    return [f"up to {edge:.2g} s" for edge in EDGES] + [f"over {EDGES[-1]:.2g} s"]


def _histograms(
    profiles: Mapping[str, Profile], base: Profile | None, values: Callable[[Profile], Floats], ticks: list[Tick],
    classes: list[str] | tuple[str, ...], kind: str,
) -> list[Figure]:  # fmt: skip
    top = 1.05 * max(float(values(profile).max()) for profile in profiles.values()) or 1.0
    figures = []
    for name, profile in profiles.items():
        shares = values(profile)
        most = int(shares.argmax())
        label = f"Histogram of {name}; most frequent {kind}: {classes[most]}, {100 * shares[most]:.1f} %"
        outline = None if base is None or base is profile else values(base)
        figures.append(Figure(name, histogram(shares, names=ticks, label=label, top=top, reference=outline)))
    return figures


def _heat_maps(profiles: Mapping[str, Profile], axis: int, columns: tuple[str, ...], kind: str) -> list[Figure]:
    shares = {
        name: profile.changes.sum(axis=axis) / max(float(profile.changes.sum()), 1.0)
        for name, profile in profiles.items()
    }
    top = max(float(matrix.max()) for matrix in shares.values()) or 1.0
    figures = []
    for name, matrix in shares.items():
        row, column = np.unravel_index(int(matrix.argmax()), matrix.shape)
        most = f"{SHORT[row]} to {columns[column]} ({kind}), {100 * matrix.max():.1f} %"
        label = f"Chord changes of {name}; most frequent: {most}"
        svg = heat_map(np.sqrt(matrix / top), rows=SHORT, columns=columns, label=label)
        figures.append(Figure(f"{name}: {kind}; most frequent {most}", svg))
    return figures
