"""New performances."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from maestrokit.api.inputs import checked_seed, performance_of
from maestrokit.bounds import DAY, Within, check
from maestrokit.errors import UsageError
from maestrokit.inference.conditions import by_name
from maestrokit.inference.events import GenerationConfig, perform
from maestrokit.inference.events import infill as fill
from maestrokit.inference.sequence_model import SequenceModel, load_event_model
from maestrokit.music.performance import Performance

DURATION = 30.0  # seconds


def generate(
    prompt: Performance | str | Path | None = None,
    *,
    model: str | SequenceModel = "transformer",
    duration: float | None = None,
    prompt_seconds: float | None = None,
    infill: tuple[float, float] | None = None,
    condition: Mapping[str, str | float] | None = None,
    composer: str | None = None,
    density: float | None = None,
    loudness: float | str | None = None,
    guidance: float = 1.0,
    count: int = 1,
    best_of: int = 1,
    rank_by: str = "likelihood",
    seed: int = 0,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    device: str | None = None,
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
        Length of the new music; after a prompt, what is added, counted from the onset of the last note of
        the prompt, by a model of events from its last event. Default is 30 s.
    prompt_seconds : float, 0 to 86400, in seconds, optional
        Use only this much of the prompt, from its start. Default is all.
    infill : two floats, in seconds, optional
        Replace the piano notes whose onsets lie in this span of the prompt, its end excluded, and the pedals there;
        all else stays as it is. The model has to be trained for it, as the shipped ones are.
    condition : mapping, optional
        Conditions by name, for a model that was trained with them: classes such as ``{"composer": "Chopin"}``, and
        density or loudness. A part of the name of a class is enough where no other class has it.
    composer : str, optional
        Short for that condition.
    density : float > 0, in notes per second, optional
        Short for that condition; the times of onsets are steered to keep to it.
    loudness : float or str, optional
        Short for that condition: a mean velocity, or a dynamic from pp to ff.
    guidance : float, 0 to 100
        How much conditions count: 1 as learned, above 1 more, at twice the time, 0 not at all.
    count : int > 0
        Number of performances, which are generated side by side.
    best_of : int > 0
        Candidates for each performance, of which the best is returned.
    rank_by : {'likelihood'}
        What the best is: that with the fewest nats a note by the model itself.
    seed : int >= 0
        The same seed gives the same performances on the same machine.
    temperature, top_k, top_p, min_p : optional
        How to sample, see :class:`SamplingConfig`. Default is what was fitted to the model.
    device : str, optional
        Device of a model that is given by name: ``cpu``, the default, ``cuda``, or ``auto``, a GPU if there is one.

    Returns
    -------
    list of Performance
        `count` performances.

    Raises
    ------
    NoInputError
        If there is no such model or prompt.
    BadDataError
        If the model or the prompt is damaged.
    UsageError
        If an argument is outside its range, excludes another, or is nothing that the model has learned.

    References
    ----------
    Huang et al., Music Transformer, ICLR 2019.
    Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020.
    Ho and Salimans, Classifier-Free Diffusion Guidance, 2022.

    Examples
    --------
    >>> (new,) = maestrokit.generate(duration=2.0, composer="Chopin", density=8.0, seed=1)  # doctest: +SKIP
    >>> (mended,) = maestrokit.generate("take.mid", infill=(5.0, 9.0))  # doctest: +SKIP
    """
    short = {"composer": composer, "density": density, "loudness": loudness}
    if infill is not None and not (isinstance(infill, Sequence) and len(infill) == 2 and not isinstance(infill, str)):
        raise UsageError("`infill` must be two numbers", "for example (5.0, 9.0)", parameter="infill")
    check("infill", infill, Within(0, DAY), unit=" s")
    check("prompt_seconds", prompt_seconds, Within(0, DAY), unit=" s")
    config = GenerationConfig(
        DURATION if duration is None else duration,
        count,
        checked_seed(seed),
        conditions=by_name([*(condition or {}).items(), *short.items()]),
        guidance=guidance,
        best_of=best_of,
        rank_by=rank_by,
    )
    _check_together(prompt, infill, {"duration": duration, "prompt_seconds": prompt_seconds})
    network, encoding, sampling = _loaded(model, device)
    config = config.with_sampling(
        sampling, {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    )
    given = None if prompt is None else performance_of(prompt)
    if given is not None and infill is not None:
        start, stop = infill
        return fill(network, encoding, config, given, start=start, stop=stop)
    return perform(network, encoding, config, prompt=given, seconds=prompt_seconds)


def _check_together(
    prompt: Performance | str | Path | None,
    infill: tuple[float, float] | None,
    excluded: Mapping[str, float | None],
) -> None:
    """Refuse an argument that has no effect without another, or beside it."""
    if prompt is None and infill is not None:
        raise UsageError("`infill` needs a prompt", "give the performance to change", parameter="infill")
    for name, value in excluded.items():
        if infill is not None and value is not None:
            raise UsageError(f"`{name}` has no effect with `infill`", "leave one of them out", parameter=name)
    if prompt is None and excluded["prompt_seconds"] is not None:
        raise UsageError("`prompt_seconds` needs a prompt", "give one, or leave it out", parameter="prompt_seconds")


def _loaded(model: str | SequenceModel, device: str | None) -> SequenceModel:
    """Return a model, read from its folder if a name is given."""
    if isinstance(model, str):
        return load_event_model(model, device=device or "cpu")
    if device is not None:
        hint = "give it to load_event_model"
        raise UsageError("`device` has no effect on a model that is loaded", hint, parameter="device")
    return model
