"""The task ``improvise``: continue performances as people do; see :mod:`maestrokit.models._improvise`."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.training.improvise_data import ImproviseData, ImproviseOptions
from maestrokit.training.task import PARTS, Corpus, Prepared
from maestrokit.training.tasks.events import conditioned, labels_of, tempos_of, usable_parts

SUFFIXES = MIDI_SUFFIXES
Options = ImproviseOptions


def prepare(corpus: Corpus, options: ImproviseOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of MIDI files, and the settings of the model that depend on them."""
    encoding = options.token_encoding
    files, parts = usable_parts(corpus, encoding, key_normalized=options.key_normalized)
    train, validation = (parts[part] for part in PARTS)
    data = ImproviseData(train, validation, options, seed=corpus.seed, labels=labels_of(files["train"]))
    model = {
        "vocabulary": encoding.size,
        "encoding": options.encoding,
        "velocity_bins": options.velocity_bins,
        "step_milliseconds": options.step_milliseconds,
    }
    config = {"encoding": asdict(encoding), "key_normalized": options.key_normalized}
    prepared = Prepared(data, model, config, {part: len(parts[part]) for part in PARTS})
    tempos = partial(tempos_of, files["train"], jobs=corpus.jobs)
    prepared = conditioned(data, options, prepared, tempos=tempos)

    def inherit(given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**prepared.inherit(given), "sampling": given.get("sampling", {})}

    return replace(prepared, inherit=inherit)
