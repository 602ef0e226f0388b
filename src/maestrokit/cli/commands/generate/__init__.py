"""``maestrokit generate``: new performances from a model."""

from dataclasses import replace

from maestrokit.cli.commands.generate import options
from maestrokit.cli.commands.generate.conditioning import Conditioning
from maestrokit.cli.options import Common, Device, Provenance, Reading, Seed
from maestrokit.errors import UsageError

EXAMPLES = (
    ("Half a minute of new music", "maestrokit generate --seed 1 -o a.mid"),
    (
        "Continue the first ten seconds of a take for a minute, a little more conservatively",
        "maestrokit generate take.mid --prompt-seconds 10 --duration 1m --temperature 0.9 --top-p 0.95 -o on.mid",
    ),
    (
        "Eight pieces at once, by the shipped LSTM in place of the transformer",
        "maestrokit generate --model lstm --duration 10s --count 8 -d new",
    ),
)
REFERENCES = (
    "Huang et al., Music Transformer, ICLR 2019",
    "Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020",
    "Ho and Salimans, Classifier-Free Diffusion Guidance, 2022",
)


def run(
    running: Common,
    provenance: Provenance,
    reading: Reading,
    conditioning: Conditioning,
    prompt: options.Prompt = None,
    output: options.Output = None,
    directory: options.Directory = None,
    format_: options.Format = None,
    model: options.Model = "transformer",  # of those shipped, the better one on the validation performances
    duration: options.Duration = "30s",
    prompt_seconds: options.PromptSeconds = None,
    infill: options.Infill = None,
    temperature: options.Temperature = None,
    top_k: options.TopK = None,
    top_p: options.TopP = None,
    min_p: options.MinP = None,
    count: options.Count = 1,
    best_of: options.BestOf = 1,
    rank_by: options.RankBy = "likelihood",
    seed: Seed = 0,
    device: Device = "cpu",
) -> None:
    """Make new piano music.

    The output is always a valid performance: keys of a piano, every note ended. The same seed gives the same bytes
    on the same machine. An output whose name ends as that of a recording (.flac, .wav or .ogg) is audio, made as by
    render with its defaults.

    A prompt is kept: all its events are written at their own ticks, with their velocities and pedals, other tracks and
    channels, and the new notes follow on the track and channel of its last note. With --prompt-seconds what comes later
    is left out; keys that are down there are released by the new music, pedals come up. The model reads the prompt on a
    grid of 10 ms and in 32 velocities, the pedal as longer notes, without drums and without keys outside the piano;
    such notes end where the prompt ends, and so do notes without a note-off, which get one.

    With --infill the prompt is kept on both sides of a span of time. Piano notes that begin in the span, and the
    pedals there, make way for new notes, which lead to what follows: a key is released before it is struck again.
    Pedals that are down where the span begins come up, and go down again just before its end.

    A model that was trained with conditions can be given a composer, a density and a loudness, or any of them. They
    hold for the whole of the music, not for each of its seconds.
    """
    if directory is None and count > 1:
        raise UsageError(f"{count} performances need a folder", "give -d DIR instead of -o", parameter="count")
    if directory is not None and output is not None:
        raise UsageError("`output` and `directory` exclude each other", "-o names one file, -d a folder for several")
    if infill is not None and (prompt is None or prompt_seconds is not None):
        raise UsageError("`infill` needs a whole prompt", "name the MIDI file whose span is to be replaced")
    from maestrokit.cli.commands.generate.work import Generation, run_generate, span_of
    from maestrokit.cli.errors import about
    from maestrokit.cli.parse import parse_duration
    from maestrokit.files.formats import MUSIC, chosen_format
    from maestrokit.inference.events import GenerationConfig

    with about("duration"):
        config = GenerationConfig(parse_duration(duration), count, seed)
    config = replace(config, conditions=conditioning.by_name(), guidance=conditioning.guidance)
    config = replace(config, best_of=best_of, rank_by=rank_by)
    sampling = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    format = chosen_format(format_, output, MUSIC, default="mid")
    in_folder = [f"{directory}/{number + 1}.{format}" for number in range(count)]
    targets = [output or "-"] if directory is None else in_folder
    run_generate(
        Generation(
            model, config, sampling, prompt, prompt_seconds, span_of(infill), reading.repair, provenance.made_by, device
        ),
        targets,
        running,
        format=format,
    )
