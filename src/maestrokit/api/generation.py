"""New performances."""

from pathlib import Path

from maestrokit.api.inputs import checked_seed, performance_of
from maestrokit.inference.events import GenerationConfig, SequenceModel, load_event_model, perform
from maestrokit.music.performance import Performance


def generate(
    prompt: Performance | str | Path | None = None,
    *,
    model: str | SequenceModel = "transformer",
    duration: float = 30.0,
    prompt_seconds: float | None = None,
    count: int = 1,
    seed: int = 0,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> list[Performance]:
    """Return new performances, from nothing or as continuations of a prompt.

    Every performance is valid: its keys are those of a piano, and every note ends.

    Parameters
    ----------
    prompt : Performance, str or Path, optional
        A performance to continue, or its file. All its events are part of the result. Default is none.
    model : str or SequenceModel
        Name of a shipped model, path of a run folder, or a model from :func:`load_event_model`.
    duration : float > 0, in seconds
        Length of the new music.
    prompt_seconds : float, in seconds, optional
        Use only this much of the prompt, from its start. Default is all.
    count : int > 0
        Number of performances, which are generated side by side.
    seed : int >= 0
        The same seed gives the same performances on the same machine.
    temperature, top_k, top_p, min_p : optional
        How to sample, see :class:`SamplingConfig`. Default is what was fitted to the model.

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
        If an argument is outside its range.

    References
    ----------
    Huang et al., Music Transformer, ICLR 2019.
    Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020.
    """
    network, encoding, sampling = load_event_model(model) if isinstance(model, str) else model
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    config = GenerationConfig(duration, count, checked_seed(seed)).with_sampling(sampling, options)
    given = None if prompt is None else performance_of(prompt)
    return perform(network, encoding, config, prompt=given, seconds=prompt_seconds)
