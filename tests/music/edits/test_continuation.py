"""A prompt is kept event for event, and the new notes come after it."""

import numpy as np
import pytest

from maestrokit.errors import UsageError
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.edits.continuation import continued, joined_performance, prompt_of
from maestrokit.music.encodings.events import Encoding, decode_notes
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import DRUM_CHANNEL, NOT_RELEASED, TEXT, Notes, Others
from maestrokit.music.timing import second2tick, tempo_map
from scenes import TICKS_A_SECOND, scene

ENCODING = Encoding()
END = 2.0  # seconds: a cut through a note whose key is down


def on(pitch):
    return pitch


def off(pitch):
    return ENCODING.first_off + pitch


def wait(seconds):
    return ENCODING.first_shift + round(seconds / ENCODING.step) - 1


def tokens(*values):
    return np.array(values, np.uint16)


@pytest.fixture
def take():
    """Six notes on ticks of about 1 ms, a drum, a key below the piano, a text, soft and sustain pedal, two tempos."""
    notes = [
        (0.1234, 0.5678, 60, 3), (0.7, 1.1, 64, 127), (1.5003, 2.6, 67, 77), (1.6, 1.9, 72, 50), (1.7, 2.5, 15, 40),
        (2.25, 3.0, 48, 90),
    ]  # fmt: skip
    controls = [(0.05, 67, 70), (0.1, 64, 100), (0.3, 7, 90), (0.65, 64, 0), (1.55, 64, 127), (2.3, 64, 0)]
    plain = scene(notes, controls=controls, channel=3, tempos=[(0, 500_000), (960, 400_000)], end=4.0)
    drum = plain.notes.select(slice(1)).replace(channel=np.array([DRUM_CHANNEL]), pitch=np.array([38]))
    message = np.empty(1, object)
    message[0] = b"\xff\x01\x01x"
    text = Others(tick=np.array([700]), kind=np.array([TEXT]), message=message, track=np.zeros(1, int),
                  order=np.array([10**7]))  # fmt: skip
    return reorder_events(plain.replace(notes=Notes.concatenate([plain.notes, drum]), others=text))


def test_controls_of_new_music_reach_the_file(take):
    notes, controls = [(4.2, 4.6, 60, 80)], [(4.1, 64, 127), (4.9, 64, 0)]
    new = scene(notes, controls=controls, division=500, tempos=[(0, 500_000)])  # ticks are milliseconds
    scale = new.replace(
        notes=new.notes.replace(onset_tick=np.array([4200]), offset_tick=np.array([4600])),
        controls=new.controls.replace(tick=np.array([4100, 4900])),
    )
    continued = joined_performance(take, scale)
    data = parse_midi(dump_midi(continued), name="new")
    tempo = tempo_map(take)
    added = data.controls.select(data.controls.tick > second2tick(4.0, tempo))
    assert added.tick.tolist() == second2tick(np.array([4.1, 4.9]), tempo).tolist()
    assert added.number.tolist() == [64, 64] and added.value.tolist() == [127, 0]
    assert set(added.channel.tolist()) == {3}


def without_order(table):
    return {name: column.tolist() for name, column in vars(table).items() if not name.endswith("order")}


def events_before(performance, end):
    """Return all that happens before a tick, but for the order within a tick, as comparable rows."""
    notes = performance.notes
    rows = [("on", *row) for row in zip(notes.onset_tick, notes.pitch, notes.velocity, notes.channel, strict=True)]
    rows += [("off", *row) for row in zip(notes.offset_tick, notes.pitch, notes.channel, strict=True)]
    for table in (performance.controls, performance.tempos, performance.others):
        rows += list(zip(*without_order(table).values(), strict=True))
    return sorted((row for row in rows if row[row[0] in ("on", "off")] < end), key=str)


@pytest.mark.parametrize("seconds", [None, 2.0, 2.0049, 0.3, 100.0])
def test_no_event_of_the_prompt_is_changed(take, seconds):
    prompt = prompt_of(take, ENCODING, seconds=seconds)
    new = tokens(wait(0.5), ENCODING.first_velocity + 4, on(62), wait(0.3), off(62))
    result = continued(prompt, new, ENCODING)
    added, kept = result.notes.select(result.notes.pitch == 62), result.notes.select(result.notes.pitch != 62)
    end = prompt.performance.last_tick
    assert events_before(result.replace(notes=kept), end) == events_before(take, end)
    assert len(added) == 1
    assert (int(added.channel[0]), int(added.velocity[0])) == (3, 18)


def test_new_music_follows_the_last_release_to_the_tick_of_the_tempo_map():
    prompt = prompt_of(scene([(0.0, 1.0, 60, 64)], tempos=[(0, 500_000), (480, 250_000)]), ENCODING, seconds=None)
    result = continued(prompt, tokens(wait(0.25), on(62), wait(0.5), off(62)), ENCODING)
    assert result.notes.onset_tick.tolist() == [0, 960 + 480], "0.75 s is at tick 960, and a tick then lasts 0.52 ms"
    assert result.notes.offset_tick.tolist() == [960, 1440 + 960]
    assert result.notes.velocity[1] == 62, "as loud as the last note, in its bin"


def test_keys_that_are_down_at_the_cut_are_released_by_the_new_music(take):
    prompt = prompt_of(take.replace(tempos=take.tempos.select(slice(1))), ENCODING, seconds=END)
    cut = round(END * 960)
    held = prompt.performance.notes.select(prompt.is_held)
    assert held.pitch.tolist() == [67], "72 is held by the pedal only, 15 is no key of a piano"
    assert off(67) not in prompt.tokens and off(72) in prompt.tokens
    result = continued(prompt, tokens(wait(0.2), off(67), on(67), wait(0.1), off(67)), ENCODING)
    spans = result.notes.select(result.notes.pitch == 67)
    assert spans.offset_tick.tolist() == [cut + 192, cut + 288]
    assert result.notes.offset_tick[result.notes.pitch == 15].tolist() == [cut]
    unheard = continued(prompt, tokens(wait(0.2)), ENCODING)
    assert unheard.notes.offset_tick[unheard.notes.pitch == 67].tolist() == [cut + 192], "at the end at the latest"


def test_pedals_come_up_at_the_cut(take):
    result = continued(prompt_of(take, ENCODING, seconds=END), tokens(), ENCODING)
    last = {}
    for number, value in zip(result.controls.number.tolist(), result.controls.value.tolist(), strict=True):
        last[number] = value
    assert last == {67: 0, 64: 0, 7: 90}


def test_a_pedal_that_is_half_down_comes_up_at_the_cut(take):
    half = take.replace(controls=take.controls.replace(value=np.where(take.controls.value > 0, 40, 0)))
    begun = prompt_of(half, ENCODING, seconds=END).performance.controls
    assert begun.value[(begun.number == 64) & (begun.tick == begun.tick.max())].tolist() == [0]


def test_the_model_sees_neither_drums_nor_keys_outside_a_piano(take):
    pitches = set(decode_notes(prompt_of(take, ENCODING, seconds=None).tokens, ENCODING).pitch.tolist())
    assert pitches == {60, 64, 67, 72, 48}


def test_a_key_is_not_struck_before_the_prompt_releases_it():
    prompt = prompt_of(scene([(0.0, 1.004, 60, 64)]), ENCODING, seconds=None)
    result = continued(prompt, tokens(on(60), wait(0.1), off(60)), ENCODING)
    assert result.notes.onset_tick.tolist() == [0, round(1.004 * 960)]
    assert result.notes.offset_tick.tolist() == [round(1.004 * 960), round(1.1 * 960)]


def test_pedals_of_the_new_music_are_written():
    encoding = Encoding(pedal_events=True)
    prompt = prompt_of(scene([(0.0, 1.0, 60, 64)], controls=[(0.5, 64, 127)]), encoding, seconds=None)
    result = continued(prompt, tokens(wait(0.5), encoding.pedal_up + 1, on(62), wait(0.5), off(62)), encoding)
    pedals = list(zip(result.controls.tick.tolist(), result.controls.value.tolist(), strict=True))
    assert pedals == [(480, 127), (960, 0), (1440, 127), (1920, 0)]


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
def test_a_prompt_has_a_length(take, seconds):
    with pytest.raises(UsageError, match="prompt_seconds must be 0 or more"):
        prompt_of(take, ENCODING, seconds=seconds)
    assert len(prompt_of(take, ENCODING, seconds=float("inf")).performance.notes) == len(take.notes)


def test_a_prompt_without_notes_or_tracks_is_one():
    empty = scene([]).replace(track_end_tick=np.empty(0, np.int64))
    result = continued(prompt_of(empty, ENCODING, seconds=None), tokens(on(60), wait(1.0), off(60)), ENCODING)
    assert result.notes.offset_tick.tolist() == [960]


@pytest.mark.parametrize("rings_on", [False, True])
@pytest.mark.parametrize(("seconds", "end"), [(None, 4.0), (2.0, 2.0)])
def test_notes_without_a_note_off_end_with_the_prompt(rings_on, seconds, end):
    """One lasts to the next stroke of its key, one to all notes off at 3 s, two to the end of the track."""
    notes = [(0.0, 4.0, 60, 64), (0.5, 4.0, 62, 64), (1.0, 4.0, 60, 64)]
    stopped = scene([(0.0, 4.0, 72, 64)], controls=[(3.0, 123, 0)], channel=1)
    plain = scene(notes, end=4.0)
    hanging = plain.replace(notes=Notes.concatenate([plain.notes, stopped.notes]), controls=stopped.controls)
    hanging = reorder_events(hanging.replace(notes=hanging.notes.replace(release_velocity=np.full(4, NOT_RELEASED))))
    prompt = prompt_of(hanging, ENCODING, seconds=seconds, rings_on=rings_on)
    result = continued(prompt, tokens(*3 * [wait(1.0)], on(64), wait(1.0), off(64)), ENCODING)
    found = (result.notes.pitch, result.notes.onset_tick / TICKS_A_SECOND, result.notes.offset_tick / TICKS_A_SECOND)
    assert sorted(zip(*(column.tolist() for column in found), strict=True)) == [
        (60, 0.0, 1.0), (60, 1.0, end), (62, 0.5, end), (64, end + 3, end + 4), (72, 0.0, min(3.0, end)),
    ]  # fmt: skip
