"""The task ``latent``: continue performances segment by segment; see :mod:`maestrokit.models.adversarial.latent`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from maestrokit.files.walk import MIDI_SUFFIXES
from maestrokit.music.encodings.events import Encoding
from maestrokit.training.data.latent import COMPOSER, LatentData, LatentOptions
from maestrokit.training.task import PARTS, Corpus, Prepared
from maestrokit.training.tasks.events import labels_of, usable_parts

SUFFIXES = MIDI_SUFFIXES
Options = LatentOptions


def prepare(corpus: Corpus, options: LatentOptions, *, family: str) -> Prepared:
    """Return the batches of a corpus of MIDI files, and the settings of the model that depend on them."""
    encoding = Encoding()
    files, parts = usable_parts(corpus, encoding, key_normalized=False)
    train, validation = (parts[part] for part in PARTS)
    composers = [labels_of(files[part])[COMPOSER] for part in PARTS]
    data = LatentData(train, validation, options, encoding=encoding, composers=composers, seed=corpus.seed)

    def inherit(config: Mapping[str, Any]) -> dict[str, Any]:
        data.class_names = dict(config.get("classes", {}))
        return {"classes": data.class_names}

    return Prepared(
        data,
        {"velocity_bins": encoding.velocity_bins, "conditions": ",".join(data.class_names)},
        {"encoding": asdict(encoding), "classes": data.class_names},
        {part: len(parts[part]) for part in PARTS},
        inherit,
    )
