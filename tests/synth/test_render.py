"""The synthesiser: on time, damped by the right pedal, in blocks as in one, never beyond full scale."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.audio.effects.room import Room, impulse_response, tilt
from maestrokit.errors import BadDataError
from maestrokit.files.midi import parse_midi
from maestrokit.music.performance import Performance
from maestrokit.synth.keys_and_pedals import dampings, sounding_notes
from maestrokit.synth.piano import Layer, Piano, RecordedNote, cached_voices
from maestrokit.synth.render import render, stream
from maestrokit.synth.schedule import damping_rate, velocity_gain
from maestrokit.synth.timbre import Timbre, sample_timbre
from strategies import file_bytes, track_bytes

RATE = 8000
A4 = 69


def tone(frequency: float, phase: float = 0.0) -> np.ndarray:
    time = np.arange(4 * RATE) / RATE
    return (0.3 * np.exp(-time) * np.cos(2 * np.pi * frequency * time + phase))[None].astype(np.float32)


PIANO = Piano(
    (RecordedNote(A4, RATE, partial(tone, 440.0)), RecordedNote(A4, RATE, partial(tone, 440.0, 0.1))),
    {key: (Layer(30, 0), Layer(100, 1)) for key in range(128)},
)


def played(*events: tuple[int, bytes]) -> Performance:
    """Return a performance of events at times in milliseconds."""
    times = [0, *(time for time, _ in events)]
    deltas = np.diff(times).tolist()
    track = track_bytes(list(zip(deltas, (message for _, message in events), strict=True)))
    return parse_midi(file_bytes([track], division=500), name="test")  # 500 ticks in a beat of half a second


def note(onset: int, offset: int, pitch: int = A4, velocity: int = 80) -> list[tuple[int, bytes]]:
    return [(onset, bytes([0x90, pitch, velocity])), (offset, bytes([0x80, pitch, 64]))]


def pedal(time: int, value: int, number: int = 64) -> tuple[int, bytes]:
    return time, bytes([0xB0, number, value])


def in_order(*events: tuple[int, bytes]) -> Performance:
    return played(*sorted(events, key=lambda event: event[0]))


def level(sound: np.ndarray, begin: float, end: float) -> float:
    return float(np.sqrt((sound[int(begin * RATE) : int(end * RATE)] ** 2).mean()))


@settings(max_examples=20, deadline=None)
@given(onset=st.integers(0, 2000), pitch=st.integers(21, 108), detune=st.floats(-50, 50))
def test_a_note_begins_at_its_onset(onset: int, pitch: int, detune: float) -> None:
    sound = render(played(*note(onset, onset + 500, pitch)), PIANO, sample_rate=RATE, timbre=Timbre(detune=detune))
    loudest = np.abs(sound).max()
    heard = np.flatnonzero(np.abs(sound) > 0.3 * loudest)[0] / RATE
    assert heard == pytest.approx(onset / 1000, abs=0.002)


@settings(max_examples=8, deadline=None)
@given(block=st.floats(0.05, 3))
def test_blocks_together_are_the_whole(block: float) -> None:
    performance = in_order(*note(100, 900), *note(300, 700, 60), *note(600, 2000), pedal(0, 127), pedal(1500, 50))
    whole = render(performance, PIANO, sample_rate=RATE)
    parts = np.concatenate(list(stream(performance, PIANO, sample_rate=RATE, block=block)), axis=1)[0]
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("timbre", [Timbre(room=Room(0.3, -6)), Timbre(detune=13), Timbre(brightness=-2)])
def test_blocks_leave_no_seam_in_rooms_and_detuning(timbre: Timbre) -> None:
    performance = in_order(*note(100, 900), *note(300, 700, 60))
    whole = render(performance, PIANO, sample_rate=RATE, timbre=timbre)
    parts = np.concatenate(list(stream(performance, PIANO, sample_rate=RATE, timbre=timbre, block=0.25)), axis=1)[0]
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_no_click_at_the_borders_of_blocks() -> None:
    """High above a lone sinusoid with its decay there is no more energy at the borders than elsewhere."""
    performance = in_order(pedal(0, 127), *note(0, 3900))
    rates = {"sample_rate": RATE, "timbre": Timbre(detune=13, room=Room(0.2, -20), brightness=-1)}
    sound = np.concatenate(list(stream(performance, PIANO, block=0.25, **rates)), axis=1)[0]

    def treble(sample: int) -> float:
        spectrum = np.abs(np.fft.rfft(sound[sample - 64 : sample + 64] * np.blackman(128)))
        return float((spectrum[48:] ** 2).sum() / (spectrum**2).sum())  # from 3 kHz

    borders = [treble(n * RATE // 4) for n in range(2, 12)]
    elsewhere = [treble(n * RATE // 4 + RATE // 8) for n in range(2, 12)]
    assert max(borders) < 2 * max(elsewhere)
    sound[4 * RATE // 4 :] += 0.003  # a click of -50 dB would be seen
    assert treble(4 * RATE // 4) > 10 * max(elsewhere)


def test_a_part_is_that_part_of_the_whole() -> None:
    performance = in_order(*note(100, 900), *note(300, 1700, 60))
    whole = render(performance, PIANO, sample_rate=RATE)
    part = render(performance, PIANO, sample_rate=RATE, start=0.5, end=1.25)
    np.testing.assert_array_equal(part, whole[RATE // 2 : RATE // 2 + len(part)])
    assert len(part) == 0.75 * RATE


def test_a_part_makes_nothing_of_the_notes_outside_it() -> None:
    performance = in_order(*note(0, 100, 72), *note(1000, 1200, 60), *note(3000, 3100, 73))
    only = replace(PIANO, keys={60: PIANO.keys[60]})  # the other strings are cut
    part = render(performance, only, sample_rate=RATE, start=0.9, end=1.5)
    np.testing.assert_array_equal(part, render(performance, PIANO, sample_rate=RATE, start=0.9, end=1.5))
    assert part.any()


def test_a_part_beyond_the_end_is_silence_of_that_length() -> None:
    sound = render(played(*note(0, 100)), PIANO, sample_rate=RATE, start=50, end=51.5, timbre=Timbre(detune=20))
    assert len(sound) == 1.5 * RATE
    assert not sound.any()


def test_detuning_changes_pitch_and_not_time() -> None:
    sound = render(played(*note(0, 3000)), PIANO, sample_rate=RATE, timbre=Timbre(detune=50))
    spectrum = np.abs(np.fft.rfft(sound[: 2 * RATE] * np.hanning(2 * RATE), 16 * RATE))
    assert np.argmax(spectrum) / 16 * 1 == pytest.approx(440 * 2 ** (50 / 1200), rel=3e-4)


def test_the_sustain_pedal_keeps_a_note_and_half_a_pedal_keeps_it_for_less() -> None:
    plain = render(played(*note(0, 500)), PIANO, sample_rate=RATE, end=2)
    half = render(in_order(pedal(0, 64), *note(0, 500)), PIANO, sample_rate=RATE, end=2)
    whole = render(in_order(pedal(0, 127), *note(0, 500)), PIANO, sample_rate=RATE, end=2)
    assert level(plain, 1, 1.2) < 0.01 * level(whole, 1, 1.2)
    assert level(plain, 1, 1.2) < level(half, 1, 1.2) < level(whole, 1, 1.2)
    np.testing.assert_array_equal(plain[: RATE // 2], whole[: RATE // 2])


def test_a_lifted_pedal_damps_what_it_held() -> None:
    sound = render(in_order(pedal(0, 127), *note(0, 500), pedal(1000, 0)), PIANO, sample_rate=RATE, end=2)
    assert level(sound, 0.9, 1) > 0.02
    assert level(sound, 1.5, 1.6) < 0.001


def test_the_sostenuto_pedal_holds_only_what_it_found_down() -> None:
    found = in_order(*note(0, 500), pedal(300, 127, 66), pedal(1500, 0, 66))
    late = in_order(*note(400, 500), pedal(300, 127, 66), pedal(1500, 0, 66))
    assert sounding_notes(found).offset.tolist() == [1.5]
    assert sounding_notes(late).offset.tolist() == [0.5]


def test_a_pedal_that_never_comes_up_does_not_make_the_sound_endless() -> None:
    held = in_order(*note(0, 500), pedal(300, 127, 66), pedal(300, 127, 64))
    assert len(render(held, PIANO, sample_rate=RATE)) < 5 * RATE


def test_the_highest_strings_have_no_dampers() -> None:
    assert damping_rate(np.array([21, 88, 89])).tolist()[2] == 0
    high = render(played(*note(0, 200, 89)), PIANO, sample_rate=RATE, end=1)
    damped = render(played(*note(0, 200, 88)), PIANO, sample_rate=RATE, end=1)
    assert level(high, 0.5, 0.6) > 30 * level(damped, 0.5, 0.6)


def test_a_string_struck_again_loses_its_old_sound() -> None:
    once = render(in_order(pedal(0, 127), *note(1000, 1100)), PIANO, sample_rate=RATE, end=3)
    twice = render(in_order(pedal(0, 127), *note(0, 100), *note(1000, 1100)), PIANO, sample_rate=RATE, end=3)
    np.testing.assert_allclose(twice[int(1.1 * RATE) :], once[int(1.1 * RATE) :], atol=1e-6)


def test_the_soft_pedal_makes_a_note_softer_and_duller() -> None:
    plain = render(in_order(*note(0, 500)), PIANO, sample_rate=RATE)
    soft = render(in_order(pedal(0, 127, 67), *note(0, 500)), PIANO, sample_rate=RATE)
    assert level(soft, 0, 0.4) == pytest.approx(0.8 * level(plain, 0, 0.4), rel=0.02)


@pytest.mark.parametrize("dynamic_range", [30.0, 45.0, 60.0])
def test_velocities_span_the_dynamic_range(dynamic_range: float) -> None:
    gain = velocity_gain(np.arange(1, 128), dynamic_range=dynamic_range)
    assert 20 * np.log10(gain[[0, -1]]) == pytest.approx([-dynamic_range, 0])
    assert (np.diff(gain) > 0).all()


def test_layers_crossfade() -> None:
    first, second = (cached_voices(PIANO, sample_rate=RATE, channels=1).waveform(A4, layer)[0] for layer in (0, 1))
    sound = render(played(*note(0, 3000, velocity=65)), PIANO, sample_rate=RATE)
    expected = (first + second) / 2 * velocity_gain(np.array([65.0]), dynamic_range=45.0)
    np.testing.assert_allclose(sound[: 2 * RATE], expected[: 2 * RATE], atol=1e-5)


def test_full_scale_is_never_exceeded_and_quiet_sound_is_left_alone() -> None:
    chord = in_order(*(event for pitch in range(40, 90) for event in note(0, 2000, pitch, 127)))
    loud = render(chord, PIANO, sample_rate=RATE, gain=20)
    assert 0.9 < np.abs(loud).max() <= 1
    quiet, louder = (render(played(*note(0, 500)), PIANO, sample_rate=RATE, gain=gain) for gain in (0, 6))
    np.testing.assert_allclose(louder, quiet * 10 ** (6 / 20), rtol=1e-5, atol=1e-7)


def test_a_performance_without_notes_is_silent() -> None:
    assert not render(played(), PIANO, sample_rate=RATE).any()
    assert render(played((0, bytes([0x99, 40, 90]))), PIANO, sample_rate=RATE).max(initial=0) == 0


def test_days_of_sound_are_refused() -> None:
    with pytest.raises(BadDataError, match="hours"):
        render(played(*note(200_000_000, 200_000_500)), PIANO, sample_rate=RATE)


def test_damping_runs_from_amount_to_time_and_back() -> None:
    damping = dampings(in_order(*note(0, 100), pedal(500, 127), pedal(900, 60), pedal(1500, 0)))[0]
    amount = np.array([0.5, 1.2, 1.6, 2.5])
    np.testing.assert_allclose(damping.at(damping.reaches(amount)), amount, atol=1e-12)
    assert damping.at(np.array([0.9]))[0] == pytest.approx(damping.at(np.array([0.5]))[0])


def test_a_room_begins_with_the_direct_sound_and_decays_as_asked() -> None:
    response = impulse_response(Room(decay=1.0, wet=-6, seed=3), sample_rate=16000, channels=2).astype(np.float64)
    assert response[:, 0] == pytest.approx(1, abs=0.02)
    tail = response[:, 1:] ** 2
    assert 10 * np.log10(tail.sum(axis=1)) == pytest.approx([-6, -6], abs=0.1)
    assert abs(np.corrcoef(response[:, 1:])[0, 1]) < 0.1
    curve = 10 * np.log10(np.cumsum(tail[0, ::-1])[::-1])
    fall = curve[int(0.1 * 16000)] - curve[int(0.3 * 16000)]
    assert 12 * 0.9 < fall < 12 * 2  # 60 dB a second at 1 kHz, faster above


def test_a_tilt_has_its_slope_and_keeps_onsets() -> None:
    response = tilt(3.0, sample_rate=16000)
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(response, 16000)))
    assert spectrum[[500, 1000, 2000, 4000]] == pytest.approx([-3, 0, 3, 6], abs=0.5)
    assert np.argmax(np.abs(response)) == 0


def test_drawn_timbres_are_what_the_generator_says() -> None:
    assert sample_timbre(np.random.default_rng(5)) == sample_timbre(np.random.default_rng(5))
    assert sample_timbre(np.random.default_rng(5)) != sample_timbre(np.random.default_rng(6))
