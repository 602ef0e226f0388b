"""``maestrokit generate``: new performances from a model."""

from maestrokit.cli.commands.generate.conditioning import Conditioning
from maestrokit.cli.commands.generate.options import SAMPLED, GenerateOptions
from maestrokit.cli.commands.generate.performing import Performing
from maestrokit.cli.declare import only_with
from maestrokit.cli.options import Common, Provenance, Reading, Seed
from maestrokit.errors import UsageError

EXAMPLES = (
    ("Half a minute of new music", "maestrokit generate --seed 1 -o a.mid"),
    (
        "Continue the first ten seconds of a take for a minute, a little more conservatively",
        "maestrokit generate take.mid --prompt-seconds 10 --duration 1m --temperature 0.9 --top-p 0.95 -o on.mid",
    ),
    (
        "A continuation by the model that was refined against a discriminator",
        "maestrokit generate take.mid --model gan --duration 1m -o on.mid",
    ),
    (
        "Half a minute in the manner of a composer",
        "maestrokit generate --model lstm --composer Chopin --guidance 3 -o chopin.mid",
    ),
    (
        "New music between the 5th and the 9th second of a take",
        "maestrokit generate take.mid --infill 5s..9s -o new.mid",
    ),
    (
        "A piece in the style of Chopin",
        "maestrokit generate take.mid --style chopin -o chopin.mid",
    ),
    (
        "A piece in a style that a run has learnt from the folder pop, half of the way",
        "maestrokit generate take.mid --model runs/s1 --style pop --style-strength 0.5 -o pop.mid",
    ),
    (
        "The best of eight continuations, by a critic that tells people's notes from generated ones",
        "maestrokit generate take.mid --best-of 8 --rank-by critic -o on.mid",
    ),
    (
        "A score played as by a person, a little freer than usual",
        "maestrokit generate --perform score.mid --rubato 1.2 --seed 4 -o played.mid",
    ),
    (
        "Eight pieces at once, by the shipped LSTM in place of the transformer",
        "maestrokit generate --model lstm --duration 10s --count 8 -d new",
    ),
)
REFERENCES = (
    "Huang et al., Music Transformer, ICLR 2019",
    "Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020",
    "Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, ICCV 2017",
    "Muhamed et al., Symbolic Music Generation with Transformer-GANs, AAAI 2021",
    "Cancino-Chacón et al., Computational Models of Expressive Music Performance, Frontiers in Digital Humanities 2018",
    "Ho and Salimans, Classifier-Free Diffusion Guidance, 2022",
)
CASES = {"repair": only_with("`prompt`", "`perform`"), "seed": SAMPLED}


def run(
    running: Common,
    provenance: Provenance,
    reading: Reading,
    options: GenerateOptions,
    conditioning: Conditioning,
    performing: Performing,
    seed: Seed = 0,
) -> None:
    """Make new piano music.

    The output is always a valid performance: keys of a piano, every note ended. The same seed gives the same bytes
    on the same machine. An output whose name ends as that of a recording (.flac, .wav or .ogg) is audio, made as by
    render with its defaults.

    A model of notes predicts how long each one sounds, not what holds it. So a sustain pedal is written where four or
    more sound together, from 0.15 s after one moment at which notes end until the next (a key that is struck again does
    not count). Inferred so from the notes of people, it is down for about the same share of the time as they had it;
    where a model lets notes end early, it is down for less. Keys that it holds are released when the next is struck.
    Notes that the pedal extends end where the model ended them, but strings without dampers ring on, and so do strings
    on which dampers lie too briefly, as on a piano. See --pedal.

    A prompt is kept: all its events are written at their own ticks, with their velocities and pedals, other tracks and
    channels, and the new notes follow on the track and channel of its last note. With --prompt-seconds what comes later
    is left out; keys that are down there are released by the new music, pedals come up. The model reads the prompt on a
    grid of 10 ms and in 32 velocities, the pedal as longer notes, without drums and without keys outside the piano;
    such notes end where the prompt ends, and so do notes without a note-off, which get one. New music may begin as soon
    as the last note is struck, and its pedal with it; of a prompt without notes of a piano, at the start.

    The default model is the transformer. A critic that was trained to tell people's continuations from generated ones
    recognises those of gan, which learned from a discriminator, and of the transformer about equally often, and those
    of the lstm more often.

    With --infill the prompt is kept on both sides of a span of time. Piano notes that begin in the span, and the
    pedals there, make way for new notes, which lead to what follows: a key is released before it is struck again, and
    density and velocities are steered to lead from those of the 10 s before to those of the 10 s after.
    Pedals that are down where the span begins come up, and go down again just before its end.

    With --style the whole prompt is turned into another style, by a model that was trained for it. Notes that stay are
    where they were played; velocities, lengths and notes change. A pedal stays while at least half of the notes that
    ring through it still do. Drums and keys outside a piano are left out; tempos, texts and other events stay.

    A model that was trained with conditions can be given a composer, a density and a loudness, or any of them. They
    hold for the whole of the music, not for each of its seconds.

    With --perform nothing is composed: the notes of a score are played. The output is the score's file, its ticks
    positions in the score still, with a tempo map as long as the beats are played. Onsets of one track and channel keep
    their order; a key is released before it is struck again, on any track of its channel, but where two notes of the
    score begin together on it, as voices that meet do.
    """
    if options.directory is None and options.count > 1:
        hint = "give -d DIR" if options.output is None else "give -d DIR instead of -o"
        raise UsageError(f"{options.count} performances need a folder", hint, parameter="count")
    if performing.perform is not None:
        from maestrokit.cli.commands.generate.perform import ScorePerformance, run_perform

        run_perform(
            ScorePerformance(
                options, conditioning, performing, seed, reading.repair, provenance.made_by, running.verbose > 0
            ),
            running,
        )
        return
    if options.style is not None:
        from maestrokit.cli.commands.generate.style import StyleTransfer, run_style

        run_style(StyleTransfer(options, options.style, reading.repair, provenance.made_by), running)
        return
    from maestrokit.cli.commands.generate.work import Generation, run_generate

    run_generate(
        Generation(options, conditioning, seed, reading.repair, provenance.made_by, running.verbose > 0), running
    )
