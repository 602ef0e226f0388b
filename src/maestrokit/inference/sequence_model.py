"""Trained sequence models: of events, or of notes."""

from typing import TYPE_CHECKING, NamedTuple

from maestrokit.errors import BadDataError, UsageError, choices_hint
from maestrokit.files import checkpoint
from maestrokit.inference.conditions import class_names
from maestrokit.inference.device import find_device
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.model_kinds import AnyModel
from maestrokit.inference.note_models.recurrence import Recurrence
from maestrokit.music.encodings.events import Encoding

if TYPE_CHECKING:
    from maestrokit.models.contract import EventModel
    from maestrokit.models.sequences.notes import NoteModel


LATENT = "latent"  # the task of improvisers whose module others do not need


class SequenceModel(NamedTuple):
    """A model of events or notes, with the encoding and the sampling of its folder.

    Parameters
    ----------
    model : EventModel or NoteModel
        The network.
    encoding : Encoding
        The vocabulary that it reads.
    sampling : NoteSampling
        How it samples where nothing else is chosen, if it is a model of notes.
    """

    model: "EventModel | NoteModel"
    encoding: Encoding
    sampling: NoteSampling


def load_generating_model(name: str, *, device: str | None = None) -> tuple[AnyModel, Encoding, NoteSampling]:
    """Return a model that generates: as :func:`load_event_model` does, but a shipped one of notes without torch, on the
    processor, and latent improvisers too."""
    from maestrokit.inference.note_models.arrays import shipped_array_model

    arrays = shipped_array_model(name) if device in (None, "cpu") else None
    folder = checkpoint.model_folder(name, "events")
    if arrays is None and (config := checkpoint.read_config(folder)).get("task") == LATENT:
        from maestrokit.inference.generation.segments import load_latent_model

        return (*load_latent_model(name, config, device=device or "cpu"), NoteSampling())
    if arrays is None:
        return load_event_model(name, device=device or "cpu")
    config, model = arrays
    model.class_names = class_names(config, model, name=name)
    model.recurrence = Recurrence.from_config(config, name=name)
    return (model, Encoding(**config["encoding"]), NoteSampling.from_config(config["sampling"], name=name))


def load_event_model(name: str, *, device: str = "cpu") -> SequenceModel:
    """Return the model of events or notes of a run folder or of a shipped model, and its encoding.

    Parameters
    ----------
    name : str
        Name of a shipped model, or path of a run folder.
    device : str
        ``cpu``, ``cuda``, or ``auto``, a GPU if there is one.

    Returns
    -------
    SequenceModel
        For :func:`generate` and :func:`evaluate_model`.

    Raises
    ------
    NoInputError
        If there is no such model.
    BadDataError
        If it is damaged, or no model of events.
    """
    from maestrokit.models.contract import EventModel, built
    from maestrokit.models.sequences.notes import NoteModel

    on = find_device(device)
    folder = checkpoint.model_folder(name, "events")
    config = checkpoint.read_config(folder)
    values = config.get("encoding")
    is_sequence_model = config["family"] != "gan" or config.get("task") == "improvise"
    if not isinstance(values, dict) or not isinstance(config.get("model"), dict) or not is_sequence_model:
        raise BadDataError(
            f"cannot use '{name}': {checkpoint.family_with_article(config)} that is no model of events",
            "it performs scores, which `perform` of 'maestrokit generate' names"
            if config.get("task") == "performance"
            else f"{choices_hint(name, checkpoint.shipped_models(task='events'))}, or a run of train",
            path=name,
        )
    try:
        encoding = Encoding(**values)
    except (TypeError, UsageError) as error:
        raise BadDataError(f"cannot use '{name}': its encoding is not valid ({error})", path=name) from None
    weights = checkpoint.read_weights(folder)
    if config["family"] == "gan":
        from maestrokit.models.adversarial.improvise import generating  # which others do not need

        config, weights = generating(config, weights)
    model = built(config["family"], config["model"], weights, origin=name)
    sampling = NoteSampling.from_config(config.get("sampling", {}), name=name)
    fits = config["model"].get("vocabulary") == encoding.size
    if isinstance(model, NoteModel):
        fits = model.config.velocity_bins == encoding.velocity_bins and not encoding.pedal_events
        model.class_names = class_names(config, model, name=name)
        model.recurrence = Recurrence.from_config(config, name=name)
    if not isinstance(model, EventModel | NoteModel) or not fits:
        raise BadDataError(f"cannot use '{name}': its model and its encoding do not fit", path=name)
    return SequenceModel(model.eval().to(on), encoding, sampling)
