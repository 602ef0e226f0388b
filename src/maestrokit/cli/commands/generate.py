"""``maestrokit generate``: new performances from a model."""

from typing import Annotated

import typer

from maestrokit.bounds import DAY, LARGEST_COUNT, SEED, SHARE, Within
from maestrokit.cli import report
from maestrokit.cli.choices import models_for, one_of
from maestrokit.cli.options import ASIDE, Reading, Running
from maestrokit.errors import UsageError

EXAMPLES = (
    ("Half a minute of new music", "maestrokit generate --seed 1 -o a.mid"),
    (
        "Go on for a minute after the first ten seconds of a take, a little more carefully",
        "maestrokit generate take.mid --prompt-seconds 10 --duration 1m --temperature 0.9 --top-p 0.95 -o on.mid",
    ),
    (
        "Eight pieces at once, by the LSTM that ships in place of the transformer",
        "maestrokit generate --model lstm --duration 10s --count 8 -d new",
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
        str,
        typer.Option(
            metavar="NAME|RUN",
            help="The name of a shipped model, or a run folder of train.",
            autocompletion=one_of(models_for("events")),
        ),
    ] = "transformer",  # of those shipped, the better one on the validation performances
    duration: Annotated[
        str, typer.Option(metavar="TIME", help="Length of the new music (30s, 2m); after a prompt, what is added.")
    ] = "30s",
    prompt_seconds: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Use only so much of the prompt, from its start."),
        Within(0, DAY),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            metavar="T",
            help="Below 1 is more careful, above bolder; 0 takes the likeliest. A model of notes applies this, and the "
            "three below, to time, pitch, velocity and duration each. Default: as fitted to the model, else 0.95.",
        ),
        Within(0, 100),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(metavar="N", help="Draw among the N likeliest; 0 among all. Default: as fitted, else 0."),
        Within(0, LARGEST_COUNT),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Draw among the fewest that together have probability P. Default: as fitted, else 0.98.",
        ),
        Within(0, 1, above=True),
    ] = None,
    min_p: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Draw only what is at least P times as likely as the likeliest. Default: as fitted, else 0.",
        ),
        SHARE,
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Make N performances side by side."), Within(1, 10_000)] = 1,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides all that is drawn at random."), SEED] = 0,
) -> None:
    """Make new piano music.

    The output is always a valid performance: keys of a piano, every note ended. The same seed gives the same bytes
    on the same machine. A name of the output that ends as that of a recording (.flac, .wav or .ogg) gives the sound of
    it, as render makes it with its defaults.

    A prompt is kept: all its events come out at the ticks at which they were, with their velocities and pedals, other
    tracks and channels, and the new notes follow on the track and channel of its last note. With --prompt-seconds what
    comes later is left out; keys that are down there are released by the new music, pedals come up. The model sees the
    prompt on a grid of 10 ms and in 32 velocities, the pedal as longer notes, without drums and without keys that no
    piano has; such notes end where the prompt ends, and so do notes without a note-off, which get one.
    """
    if directory is None and count > 1:
        raise UsageError(f"{count} performances need a folder", "give -d DIR instead of -o")
    if directory is not None and output is not None:
        raise UsageError("-o and -d are given together", "give -o FILE for one performance, -d DIR for several")
    from maestrokit.cli import batch
    from maestrokit.cli import plan as streams
    from maestrokit.cli.commands.render.work import Rendering
    from maestrokit.cli.parse import parse_duration
    from maestrokit.cli.performances import read_performance, write_performance
    from maestrokit.files.checkpoint import model_folder
    from maestrokit.files.formats import MUSIC, format_by_name
    from maestrokit.inference.events import GenerationConfig, load_event_model, perform

    form = format_by_name(output, MUSIC) or "mid"
    targets = [output or "-"] if directory is None else [f"{directory}/{number + 1}.mid" for number in range(count)]
    if running.dry_run:
        model_folder(model)
        batch.print_plan((prompt or model, target) for target in targets)
        return
    streams.refuse_terminal(targets[0], "MIDI")
    chosen = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    player, encoding, sampling = load_event_model(model)
    wish = GenerationConfig(parse_duration(duration), count, seed).with_sampling(sampling, chosen)
    given = None if prompt is None else read_performance(prompt, repair=reading.repair)
    made = perform(player, encoding, wish, prompt=given, seconds=prompt_seconds)
    for target, performance in zip(targets, made, strict=True):
        if form == "mid":
            write_performance(performance, target, made_by=running.made_by)
        else:
            Rendering(format=form, repair=reading.repair, made_by=running.made_by).play(performance, target)
    if running.verbose:
        report.say(f"{sum(len(performance.notes) for performance in made)} notes")
