"""The task ``improvise``: continue performances as people do; see :mod:`maestrokit.models.adversarial.improvise`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.training.data.improvise import ImproviseData, ImproviseOptions
from maestrokit.training.task import Corpus, Prepared
from maestrokit.training.tasks.events import prepared_notes

SUFFIXES = MIDI_SUFFIXES
Options = ImproviseOptions


def prepare(corpus: Corpus, options: ImproviseOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of MIDI files, and the settings of the model that depend on them."""
    prepared = prepared_notes(corpus, options, ImproviseData, {"step_milliseconds": options.step_milliseconds})

    def inherit(config: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**prepared.inherit(config), "sampling": config.get("sampling", {})}

    return replace(prepared, inherit=inherit)
