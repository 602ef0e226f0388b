"""``maestrokit generate``: new performances from a model."""

from typing import Annotated

import typer

from maestrokit.cli import report
from maestrokit.cli.options import ASIDE, Reading, Running
from maestrokit.errors import UsageError

EXAMPLES = (
    ("Half a minute of new music from the better of the shipped models", "maestrokit generate --seed 1 -o a.mid"),
    (
        "Go on for a minute after the first ten seconds of a take, a little more carefully",
        "maestrokit generate take.mid --prompt-seconds 10 --duration 1m --temperature 0.9 --top-p 0.95 -o on.mid",
    ),
    (
        "Eight pieces at once, by the other shipped model",
        "maestrokit generate --model transformer --duration 10s --count 8 -d new",
    ),
)
REFERENCES = (
    "Huang et al., Music Transformer, ICLR 2019",
    "Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020",
)


def run(
    running: Running,
    reading: Reading,
    prompt: Annotated[
        str | None, typer.Argument(metavar="[PROMPT]", help="MIDI file to go on from; - is standard input."), ASIDE
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; - is standard output, the default."),
        ASIDE,
    ] = None,
    directory: Annotated[
        str | None,
        typer.Option("--directory", "-d", metavar="DIR", help="Write DIR/1.mid, DIR/2.mid .. for --count N."),
        ASIDE,
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="The name of a shipped model, or a run folder of train.")
    ] = "transformer",  # of those shipped, the better one on the validation performances
    duration: Annotated[
        str, typer.Option(metavar="TIME", help="Length of the new music (30s, 2m); after a prompt, what is added.")
    ] = "30s",
    prompt_seconds: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Use only so much of the prompt, from its start.")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            metavar="T",
            help="Below 1 is more careful, above bolder; 0 takes the likeliest. A model of notes applies this, and the "
            "three below, to time, pitch, velocity and duration each. Default: as fitted to the model, else 0.95.",
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(metavar="N", help="Draw among the N likeliest; 0 among all. Default: as fitted, else 0."),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Draw among the fewest that together have probability P. Default: as fitted, else 0.98.",
        ),
    ] = None,
    min_p: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Draw only what is at least P times as likely as the likeliest. Default: as fitted, else 0.",
        ),
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Make N performances side by side.")] = 1,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides all that is drawn at random.")] = 0,
) -> None:
    """Make new piano music.

    The output is always a valid performance: keys of a piano, every note ended. The same seed gives the same bytes
    on the same machine.
    """
    if directory is None and count > 1:
        raise UsageError(f"{count} performances need a folder", "give -d DIR instead of -o")
    if directory is not None and output is not None:
        raise UsageError("-o and -d are given together", "give -o FILE for one performance, -d DIR for several")
    from maestrokit.cli import streams
    from maestrokit.cli.durations import parse_duration
    from maestrokit.cli.filters import read_performance, write_performance
    from maestrokit.inference.events import Wish, generate, load_event_model, note_prompt, prompt_events
    from maestrokit.models._notes import NoteModel
    from maestrokit.music.tokens import decode, encode

    targets = [output or "-"] if directory is None else [f"{directory}/{number + 1}.mid" for number in range(count)]
    streams.refuse_terminal(targets[0], "MIDI")
    chosen = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    player, encoding, sampling = load_event_model(model)
    wish = Wish(parse_duration(duration), count, seed).drawn_by(sampling, chosen)
    given = None
    if prompt is not None:
        events = encode(read_performance(prompt, repair=reading.repair), encoding)
        shorten = note_prompt if isinstance(player, NoteModel) else prompt_events
        given = shorten(events, encoding, seconds=prompt_seconds)
    made = generate(player, encoding, wish, prompt=given)
    for target, events in zip(targets, made, strict=True):
        write_performance(decode(events, encoding), target, made_by=running.made_by)
    if running.verbose:
        report.say(f"{sum(int((events < encoding.first_off).sum()) for events in made)} notes")
