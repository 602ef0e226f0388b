"""Whatever a model thinks, what it plays is a performance."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import BadDataError, NoInputError, UsageError
from maestrokit.files import checkpoint
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.inference.generation.events import GenerationConfig, generate, perform
from maestrokit.inference.generation.grammar import Grammar
from maestrokit.inference.generation.sampling import SamplingConfig
from maestrokit.inference.perplexity import surprisals
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.models import lstm, transformer
from maestrokit.models.contract import settings_of
from maestrokit.music.encodings.events import Encoding, decode, decode_notes, encode
from maestrokit.music.note_arrays import performance_from_arrays

ENCODINGS = [Encoding(), Encoding(step_milliseconds=8, velocity_bins=16, pedal_events=True)]


def model(family="transformer", encoding=ENCODINGS[0], seed=0):
    torch.manual_seed(seed)
    if family == "lstm":
        network = lstm.Model(lstm.Config(vocabulary=encoding.size, width=16, layers=1, dropout=0.0))
    else:
        variant = "relative" if family == "relative" else "modern"
        network = transformer.Model(
            transformer.Config(
                vocabulary=encoding.size,
                width=16,
                layers=1,
                heads=2,
                hidden=32,
                length=24,
                dropout=0.0,
                variant=variant,
            )
        )
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return network.eval()


def is_a_performance(events, encoding):
    """Strokes of silent keys and releases of sounding ones only, each release at least one step after its stroke."""
    down, step = {}, 0
    for event in events:
        if event < 128:
            assert 21 <= event <= 108
            assert event not in down
            down[event] = step
        elif event < 256:
            assert down.pop(event - 128) < step
        elif event < encoding.first_velocity:
            step += event - 255
    return True


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("family", ["transformer", "relative", "lstm"])
def test_any_model_plays_performances(family, encoding):
    for seed in range(3):
        for events in generate(
            model(family, encoding, seed), encoding, GenerationConfig(duration=2.0, count=2, seed=seed)
        ):
            assert is_a_performance(events.tolist(), encoding)
            performance = decode(events, encoding)
            assert (performance.notes.offset_tick > performance.notes.onset_tick).all()
            assert parse_midi(dump_midi(performance), name="new") == performance
            assert decode_notes(events, encoding).onset.min() == 0.0


def test_a_seed_decides_everything():
    first, again, other = (
        [part.tolist() for part in generate(model(), ENCODINGS[0], GenerationConfig(duration=1.0, count=2, seed=seed))]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert first[0] != first[1]


def test_a_prompt_is_where_the_music_begins():
    columns = (np.array(values) for values in ([0, 300, 600], [250, 900, 800], [60, 64, 67], [64, 64, 64]))
    none = np.empty(0, np.int64)
    prompt = performance_from_arrays(*columns, pedal_tick=none, pedal_value=none)
    begun = encode(prompt, Encoding())[:-1]
    (tokens,) = generate(model(), Encoding(), GenerationConfig(duration=1.0), prompt=begun)
    assert tokens[: len(begun)].tolist() == begun.tolist()
    assert is_a_performance(tokens.tolist(), Encoding())
    (performance,) = perform(model(), Encoding(), GenerationConfig(duration=1.0), prompt=prompt)
    assert performance.notes.select(slice(3)).replace(onset_order=0, offset_order=0) == prompt.notes.replace(
        onset_order=0, offset_order=0
    )
    assert performance.notes.onset_tick[3:].min() >= 900
    assert 1900 < performance.notes.offset_tick.max() < 3100


def test_music_lasts_as_long_as_was_asked():
    (tokens,) = generate(
        model("lstm"), Encoding(), GenerationConfig(duration=5.0, event_sampling=SamplingConfig(top_p=0.99))
    )
    ends = decode_notes(tokens, Encoding()).offset.max()
    assert ends <= 6.0


keys = st.tuples(st.integers(0, 3000), st.integers(1, 900), st.integers(21, 108), st.integers(1, 127))


@settings(max_examples=40, deadline=None)
@given(st.lists(keys, min_size=1, max_size=20), st.sampled_from(ENCODINGS))
def test_the_grammar_allows_all_that_people_play(rows, encoding):
    table = np.array([(on, on + length, key, loud) for on, length, key, loud in sorted(rows)]).T
    events = encode(
        performance_from_arrays(*table, pedal_tick=np.array([5, 900]), pedal_value=np.array([127, 0])), encoding
    )
    grammar = Grammar(1, encoding, longest_silence=10**6, longest_wait=10**6)
    for event in events[1:]:
        assert grammar.allowed()[0, event]
        grammar.update(np.array([event]))


def saved(folder, network, **changes):
    folder.mkdir(exist_ok=True)
    config = {
        "family": "transformer",
        "model": settings_of(network.config),
        "encoding": {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False},
    }
    checkpoint.write_config(folder, config | changes)
    checkpoint.write_weights(folder, network.state_dict())
    return folder


def test_a_run_folder_plays(tmp_path):
    network = model()
    loaded, encoding, _ = load_event_model(str(saved(tmp_path / "run", network)))
    assert encoding == Encoding()
    assert (
        generate(loaded, encoding, GenerationConfig(duration=0.5))[0].tolist()
        == generate(network, encoding, GenerationConfig(duration=0.5))[0].tolist()
    )


def test_weights_in_half_precision_load(tmp_path):
    folder = saved(tmp_path / "run", model())
    checkpoint.write_weights(folder, {name: value.half() for name, value in model().state_dict().items()})
    assert load_event_model(str(folder))[0].embedding.weight.dtype == torch.float32


def broken(tmp_path, kind):
    network = model()
    folder = saved(tmp_path / "run", network)
    weights, config = folder / "model.safetensors", folder / "config.json"
    huge = settings_of(network.config) | {"width": 2 * 10**6, "layers": 1000}
    changes = {
        "cut": lambda: weights.write_bytes(weights.read_bytes()[:-100]),
        "pickle": lambda: torch.save(network.state_dict(), weights),
        "empty": lambda: weights.write_bytes(b""),
        "header": lambda: weights.write_bytes(b"\xff" * 200),
        "shape": lambda: checkpoint.write_weights(
            folder, network.state_dict() | {"embedding.weight": torch.zeros(3, 3)}
        ),
        "less": lambda: checkpoint.write_weights(folder, {"embedding.weight": network.embedding.weight}),
        "more": lambda: checkpoint.write_weights(folder, network.state_dict() | {"other": torch.zeros(1)}),
        "json": lambda: config.write_text("{"),
        "list": lambda: config.write_text("[1]"),
        "deep": lambda: config.write_text("[" * 100000),
        "family": lambda: saved(folder, network, family="../../etc"),
        "huge": lambda: saved(folder, network, model=huge),
        "word": lambda: saved(folder, network, model={"width": "wide"}),
        "sense": lambda: saved(folder, network, model=settings_of(network.config) | {"heads": 0}),
        "unknown": lambda: saved(folder, network, model={"depth": 3}),
        "encoding": lambda: saved(folder, network, encoding={"step": 3}),
        "other": lambda: saved(folder, network, encoding={"step_milliseconds": 8}),
    }
    changes[kind]()
    return folder


@pytest.mark.parametrize(
    "kind",
    [
        "cut",
        "pickle",
        "empty",
        "header",
        "shape",
        "less",
        "more",
        "json",
        "list",
        "deep",
        "family",
        "huge",
        "word",
        "sense",
        "unknown",
        "encoding",
        "other",
    ],
)
def test_a_damaged_foreign_or_hostile_checkpoint_is_one_clear_line(tmp_path, kind):
    with pytest.raises((BadDataError, UsageError)) as caught:
        load_event_model(str(broken(tmp_path, kind)))
    assert "\n" not in caught.value.fact
    assert len(caught.value.fact) < 400


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(NoInputError, match="no model 'nowhere'"):
        load_event_model("nowhere")


def test_the_best_of_several_events_has_the_fewest_nats_a_note():
    network, encoding = model(), ENCODINGS[0]
    config = GenerationConfig(duration=2.0, count=6, seed=1)
    many = generate(network, encoding, config)
    nats = [surprisal.nats_per_note if surprisal.notes else np.inf for surprisal in surprisals(network, many, encoding)]
    best = generate(network, encoding, replace(config, count=2, best_of=3))
    assert [part.tolist() for part in best] == [many[int(np.argmin(nats[:3]))].tolist(),
                                                many[3 + int(np.argmin(nats[3:]))].tolist()]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"best_of": 0}, {"rank_by": "taste"}])
def test_rankings_that_there_are_not_are_refused(wrong):
    with pytest.raises(UsageError):
        GenerationConfig(**wrong)
