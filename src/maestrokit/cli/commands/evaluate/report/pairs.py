"""Sections on pairs of an estimate and its reference: what is missed, and where."""

from collections.abc import Callable, Sequence

import numpy as np

from maestrokit.arrays import Integers
from maestrokit.audio.spectra.transcription_input import SETTINGS
from maestrokit.cli.commands.evaluate.report.contents import Example, Figure, Section
from maestrokit.cli.commands.evaluate.report.recordings import key_levels, stretch
from maestrokit.cli.commands.evaluate.report.sound import RATE, recording, rendered
from maestrokit.metrics.recall import VELOCITY_STEP, Excerpt, Recall, added, shares_matched
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.plots.inline.curves import histogram
from maestrokit.plots.inline.rolls import truth_and_estimate
from maestrokit.plots.inline.svg import Tick

WORST = 3  # files that are shown
PIANO = slice(LOWEST_PITCH, HIGHEST_PITCH + 1)
NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
TEXT_OF_RECALL = (
    "Shares of the notes of the references that were detected, by onset and pitch. The outline is how many notes there "
    "are, against the most frequent class."
)
TEXT = (
    "Of each file, the 20 s with the most errors. Filled: notes of the reference that were detected; thin and red: "
    "missed ones; outlined: notes that are not in the reference. Behind them, where there is a recording, the level of "
    "each key."
)


def recall_section(recalls: Sequence[Recall]) -> Section:
    """Return the section of recall by pitch and by velocity."""
    total = added(list(recalls))
    pitches = [f"{NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1)]
    octaves = [Tick((pitch - LOWEST_PITCH + 0.5) / len(pitches), f"C{pitch // 12 - 1}") for pitch in range(24, 109, 12)]
    velocities = [f"velocities {low} to {low + VELOCITY_STEP - 1}" for low in range(0, 128, VELOCITY_STEP)]
    steps = [Tick(low / 128, str(low)) for low in range(0, 128, 32)]
    return Section(
        "Recall", TEXT_OF_RECALL, is_wide=True,
        figures=[
            _figure("Recall by pitch", total.pitch[:, PIANO], octaves, pitches),
            _figure("Recall by velocity", total.velocity, steps, velocities),
        ],
    )  # fmt: skip


def _figure(title: str, counts: Integers, ticks: list[Tick], classes: list[str]) -> Figure:
    shares = shares_matched(counts)
    total, hits = counts.sum(axis=1)
    caption = f"{title}: {hits} of {total} notes"
    if hits < total:
        least = int(np.nanargmin(shares))
        caption += f"; least at {classes[least]}, {counts[1, least]} of {counts[0, least]}"
    outline = counts[0] / max(int(counts[0].max()), 1)
    return Figure(caption, histogram(np.nan_to_num(shares), names=ticks, label=caption, top=1.0, reference=outline))


def worst_section(worst: Sequence[tuple[str, Excerpt]], recording_of: Callable[[str], str | None]) -> Section:
    """Return the section of examples of files, those with the worst scores."""
    return Section(
        "Worst files", TEXT, examples=[_example(name, excerpt, recording_of(name)) for name, excerpt in worst]
    )


def _example(name: str, excerpt: Excerpt, path: str | None) -> Example:
    start, seconds = excerpt.start, excerpt.seconds
    counts = int(excerpt.is_hit.sum()), int((~excerpt.is_hit).sum()), int((~excerpt.is_right).sum())
    caption = "{} detected, {} missed, {} additional notes".format(*counts)
    samples, low = (
        None if path is None else stretch(path, start=start, seconds=seconds, sample_rate=rate)
        for rate in (RATE, SETTINGS.sample_rate)
    )
    svg = truth_and_estimate(
        excerpt.reference, excerpt.estimate, is_hit=excerpt.is_hit, is_right=excerpt.is_right, seconds=seconds,
        start=start, label=f"Piano roll of {name}: {caption}", spectrum=None if low is None else key_levels(low),
    )  # fmt: skip
    recordings = [] if samples is None else [recording(samples, "Recording")]
    sides = {"Reference": excerpt.reference, "Estimate": excerpt.estimate}
    recordings += [rendered(notes, title, seconds=seconds, start=start) for title, notes in sides.items()]
    return Example(name, Figure(f"{caption}, from {start:g} s on", svg), recordings, seconds)
