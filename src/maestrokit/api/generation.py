"""New performances."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from maestrokit.api.inputs import checked_seed, performance_of
from maestrokit.bounds import DAY, Within, check
from maestrokit.errors import UsageError
from maestrokit.inference.conditions import by_name
from maestrokit.inference.generation.events import GenerationConfig, perform
from maestrokit.inference.generation.events import infill as fill
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.model_kinds import AnyModel
from maestrokit.inference.sequence_model import SequenceModel, load_generating_model
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.performance import Performance

DURATION = 30.0  # seconds


class GenerationOptions(TypedDict, total=False):
    """What :func:`generate` may be asked for by keyword, beside what it continues and by which model.

    Parameters
    ----------
    condition : mapping
        Conditions by name, for a model that was trained with them: classes such as ``{"composer": "Chopin"}``, and
        density, loudness or tempo. A part of the name of a class is enough where no other class has it.
    composer : str
        Short for that condition.
    density : float > 0, in notes per second
        Short for that condition; the times of onsets are steered to keep to it.
    loudness : float or str
        Short for that condition: a mean velocity, or a dynamic from pp to ff; velocities are steered to keep to it.
    tempo : float > 0, in beats per minute
        Short for that condition.
    guidance : float, 0 to 100
        How much conditions count: 1, the default, as learned, above 1 more, at twice the time, 0 not at all.
    count : int > 0
        Number of performances, which are generated side by side. Default is 1.
    best_of : int > 0
        Candidates for each performance, of which the best is returned. Default is 1.
    rank_by : str
        What the best is: ``likelihood``, the default, that with the fewest nats a note by the model itself; ``critic``,
        or a run folder of the task ``critic`` of the family gan, that of which the critic says most surely that a
        person played it.
    pedal : {'cc64', 'extend'}
        Beside the notes of a model of notes a sustain pedal is written where four or more sound together, and keys
        that it holds are released; or keys are down as long as their notes sound. Default is cc64.
    seed : int >= 0
        The same seed gives the same performances on the same machine. Default is 0.
    temperature, top_k, top_p, min_p : float, int, float, float
        How to sample, see :class:`SamplingConfig`. Default is what was fitted to the model.
    """

    condition: Mapping[str, str | float] | None
    composer: str | None
    density: float | None
    loudness: float | str | None
    tempo: float | None
    guidance: float
    count: int
    best_of: int
    rank_by: str
    pedal: str
    seed: int
    temperature: float | None
    top_k: int | None
    top_p: float | None
    min_p: float | None


def generate(
    prompt: Performance | str | Path | None = None,
    *,
    model: str | SequenceModel = "transformer",
    duration: float | None = None,
    prompt_seconds: float | None = None,
    infill: tuple[float, float] | None = None,
    device: str | None = None,
    **options: Unpack[GenerationOptions],
) -> list[Performance]:
    """Return new performances: from nothing, as continuations of a prompt, or with a span of it replaced.

    Every performance is valid: its keys are those of a piano, and every note ends.

    Parameters
    ----------
    prompt : Performance, str or Path, optional
        A performance to continue, or its file. All its events are part of the result. Default is none.
    model : str or SequenceModel
        Name of a shipped model, path of a run folder, or a model from :func:`load_event_model`.
    duration : float > 0, in seconds, optional
        Length of the new music, by default 30 s; after a prompt, what is added, counted from the onset of its last
        note, by a model of events from its last event.
    prompt_seconds : float, 0 to 86400, in seconds, optional
        Use only this much of the prompt, from its start. Default is all.
    infill : two floats, in seconds, optional
        Replace the piano notes whose onsets lie in this span of the prompt, its end excluded, and the pedals there;
        all else stays as it is. The model has to be trained for it, as the shipped ones are.
    device : str, optional
        Device of a model that is given by name: ``cpu``, the default, ``cuda``, or ``auto``, a GPU if there is one.
    **options : GenerationOptions
        Conditions, number, seed and sampling.

    Returns
    -------
    list of Performance
        As many as `count`.

    Raises
    ------
    MaestrokitError
        NoInputError: there is no such model or prompt. BadDataError: one is damaged. UsageError: an argument is out of
        its range, excludes another, or was not learned by the model.

    Examples
    --------
    >>> (new,) = maestrokit.generate(duration=2.0, composer="Chopin", density=8.0, seed=1)  # doctest: +SKIP
    >>> (mended,) = maestrokit.generate("take.mid", infill=(5.0, 9.0))  # doctest: +SKIP
    """
    config = _config(duration, options)
    check("prompt_seconds", prompt_seconds, Within(0, DAY), unit=" s")
    _check_infill(prompt, infill, {"duration": duration, "prompt_seconds": prompt_seconds})
    prompt_performance = None if prompt is None else performance_of(prompt)
    network, encoding, sampling = _loaded(model, device)
    config = config.with_sampling(sampling, _sampling(options))
    if prompt_performance is not None and infill is not None:
        return fill(network, encoding, config, prompt_performance, start=infill[0], stop=infill[1])
    return perform(network, encoding, config, prompt=prompt_performance, seconds=prompt_seconds)


def _config(duration: float | None, options: GenerationOptions) -> GenerationConfig:
    """Return what is asked for, checked, but for the sampling, which depends on the model."""
    for name in set(options) - set(GenerationOptions.__annotations__):
        raise TypeError(f"generate() got an unexpected keyword argument '{name}'")
    short = {
        "composer": options.get("composer"),
        "density": options.get("density"),
        "loudness": options.get("loudness"),
        "tempo": options.get("tempo"),
    }
    return GenerationConfig(
        DURATION if duration is None else duration,
        options.get("count", 1),
        checked_seed(options.get("seed", 0)),
        conditions=by_name([*(options.get("condition") or {}).items(), *short.items()]),
        guidance=options.get("guidance", 1.0),
        best_of=options.get("best_of", 1),
        rank_by=options.get("rank_by", "likelihood"),
        pedal=options.get("pedal", "cc64"),
    )


def _sampling(options: GenerationOptions) -> dict[str, float | None]:
    return {
        "temperature": options.get("temperature"),
        "top_k": options.get("top_k"),
        "top_p": options.get("top_p"),
        "min_p": options.get("min_p"),
    }


def _check_infill(
    prompt: Performance | str | Path | None,
    infill: tuple[float, float] | None,
    excluded: Mapping[str, float | None],
) -> None:
    """Refuse a span that is none, and an argument that has no effect without another, or beside it."""
    if infill is not None and not (isinstance(infill, Sequence) and len(infill) == 2 and not isinstance(infill, str)):
        raise UsageError("`infill` must be two numbers", "for example (5.0, 9.0)", parameter="infill")
    check("infill", infill, Within(0, DAY), unit=" s")
    if prompt is None and infill is not None:
        raise UsageError("`infill` needs a prompt", "give the performance to change", parameter="infill")
    for name, value in excluded.items():
        if infill is not None and value is not None:
            raise UsageError(f"`{name}` has no effect with `infill`", "leave one of them out", parameter=name)
    if prompt is None and excluded["prompt_seconds"] is not None:
        raise UsageError("`prompt_seconds` needs a prompt", "give one, or leave it out", parameter="prompt_seconds")


def _loaded(model: str | SequenceModel, device: str | None) -> tuple[AnyModel, Encoding, NoteSampling]:
    """Return a model, read from its folder if a name is given."""
    if isinstance(model, str):
        return load_generating_model(model, device=device)
    if device is not None:
        hint = "give it to load_event_model"
        raise UsageError("`device` has no effect on a model that is loaded", hint, parameter="device")
    return model
