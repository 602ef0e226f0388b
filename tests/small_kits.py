"""Small kits of noise, and listeners who answer them."""

import json
import re

import numpy as np

from maestrokit.listening.design import ATTENTION, CHECK, Clip, make_design
from maestrokit.listening.kit import PAGE, PRACTICE, REFERENCE, Kit, SourceSound, make_kit
from maestrokit.listening.scales import Scale

SYSTEMS = ("human", "machine")
LEVELS = {"human": 4.0, "floor": 1.2}
USUAL_LEVEL = 2.5


def small_kit(design: str = "mos", *, clips: int = 2, seconds: float = 0.2, **more: object) -> Kit:
    """Return a kit of short noises."""
    systems = (*SYSTEMS, "floor") if design == "mushra" else SYSTEMS
    plan = make_design(design, systems, clips=clips, seed=1)
    generator = np.random.default_rng(1)
    heard = [Clip(system, index) for system in systems for index in range(clips)] + [Clip(PRACTICE, 0)]
    heard += [Clip(REFERENCE, index) for index in range(clips)] if design == "mushra" else []
    sounds = {
        clip: SourceSound(generator.normal(0, 0.1, round(48000 * seconds)).astype(np.float32), f"{clip.index}.mid")
        for clip in heard
    }
    checks = {Clip("", index): SourceSound(sounds[heard[0]].samples, notes=2 + index) for index in range(ATTENTION)}
    return make_kit(plan, sounds | checks, seed=1, human="human", **more)


def data_of(kit: Kit) -> dict:
    """Return the data in the page of a kit."""
    return json.loads(re.search(r'id="kit">(.*?)</script>', kit.files[PAGE].decode(), re.DOTALL)[1])


def answer_file(kit: Kit, number: int, /, **changes: object) -> dict:
    """Return what an attentive listener answers, as the page writes it."""
    data, generator = data_of(kit), np.random.default_rng(number)
    scales = {scale["name"]: Scale(**scale) for scale in data["scales"]}
    answers = []
    for row, _ in data["sequences"][number % len(data["sequences"])]:
        trial = data["trials"][row]
        values = {name: _values(kit, trial, scales[name], generator) for name in trial["scales"]}
        answers.append({"trial": trial["id"], "values": values, "seconds": 3.5, "plays": 1})
    return {
        "format": "maestrokit-answers", "version": 1, "kit": data["kit"], "listener": f"{number:016x}",
        "number": number, "answers": answers, **changes,
    }  # fmt: skip


def _values(kit: Kit, trial: dict, scale: Scale, generator: np.random.Generator) -> dict[str, int]:
    origins = [kit.key["clips"][clip] for clip in trial["clips"]]
    if trial["kind"] == CHECK:
        return {trial["clips"][0]: origins[0]["notes"]}
    levels = [LEVELS.get(origin["system"], USUAL_LEVEL) for origin in origins]
    if kit.key["design"] == "pairs":
        first = int(generator.uniform() < levels[0] / sum(levels))
        return dict(zip(trial["clips"], (first, 1 - first), strict=True))
    span = scale.high - scale.low
    noisy = [scale.low + span * (level - 1) / 4 + generator.normal(0, 0.15 * span) for level in levels]
    return {
        clip: int(np.clip(round(value), scale.low, scale.high))
        for clip, value in zip(trial["clips"], noisy, strict=True)
    }
