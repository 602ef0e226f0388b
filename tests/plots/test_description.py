"""The picture of recordings is a PNG, the same each time, and stands silence and a performance beside it."""

from dataclasses import replace

import numpy as np
import pytest

from maestrokit import features
from maestrokit.analysis.class_evidence import Evidence
from maestrokit.analysis.class_spectrum import BANDS, mel_spectrum
from maestrokit.music.note_arrays import timed_notes
from maestrokit.plots.class_evidence import ClassPanel
from maestrokit.plots.description import PlotItem, description_picture
from maestrokit.plots.recording import recording_features
from scenes import scene

pytest.importorskip("matplotlib")
LENGTH = 2.0  # seconds


def of_tone(level: float):
    def blocks(rate: int):
        when = np.arange(int(LENGTH * rate)) / rate
        yield (level * np.sin(2 * np.pi * 440 * when) * np.exp(-when)).astype(np.float32)

    return recording_features(features.audio_view(blocks, length=LENGTH))


def test_a_recording_beside_its_performance_is_drawn_the_same_each_time() -> None:
    performance, sound = scene([(0.0, 1.0, 69, 80)], controls=[(0.5, 64, 127)]), of_tone(0.3)
    assert np.nanmedian(sound.pitch) == pytest.approx(440, rel=0.01)
    together = description_picture([PlotItem("a take", performance, sound)], format="png")
    assert together.startswith(b"\x89PNG\r\n\x1a\n")
    assert together == description_picture([PlotItem("a take", performance, sound)], format="png")
    assert together != description_picture([PlotItem("a take", None, sound)], format="png")


def test_silence_and_nothing_are_drawn_too() -> None:
    quiet = of_tone(0.0)
    assert np.isnan(quiet.pitch).all()
    assert description_picture(
        [PlotItem("silence", scene([]), quiet), PlotItem("$nothing", scene([]), None)], format="png"
    )


def test_what_speaks_for_a_class_is_drawn_over_the_spectrum_of_a_recording() -> None:
    levels = np.full((40, BANDS), 120, np.uint8)
    softer = np.where(np.arange(BANDS) < 40, levels, levels - 30)
    value = np.zeros((2, BANDS // 8))
    value[1, 3] = 0.5
    evidence = Evidence(1.25 * np.arange(3), 8 * np.arange(BANDS // 8 + 1), value)
    panel = ClassPanel("grand (0.83)", mel_spectrum(levels), evidence)
    performance, sound = scene([(0.0, 1.0, 69, 80)]), of_tone(0.3)
    drawn = [description_picture([PlotItem("take", performance, sound, evidence)], format="svg")
             for evidence in (panel, panel._replace(source=mel_spectrum(softer)), None)]  # fmt: skip
    assert len(set(drawn)) == 3 and len(drawn[2]) < len(drawn[0])
    alone = description_picture([PlotItem("take", None, None, panel)], format="svg").decode()
    assert alone.index("QuadMesh_1") < alone.index("<image")


def test_what_speaks_for_a_class_is_drawn_below_the_notes() -> None:
    performance = scene([(0.2 * i, 0.2 * i + 0.1, 50 + i % 20, 70) for i in range(40)])
    notes = timed_notes(performance, pedal_extends=True)
    value = np.zeros((7, 11))
    value[2, 4] = 0.5
    evidence = Evidence(1.25 * np.arange(8), 21 + 8 * np.arange(12), value)
    plain = description_picture([PlotItem("take", performance, None)], format="svg")
    drawn = description_picture(
        [PlotItem("take", performance, None, ClassPanel("Bach_$ (0.83)", notes, evidence))], format="svg"
    )
    assert len(drawn) > len(plain)
    assert drawn != description_picture(
        [PlotItem("take", performance, None, ClassPanel("Bach_$ (0.83)", notes, replace(evidence, value=-value)))],
        format="svg",
    )
