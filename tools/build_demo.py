"""Make the demonstration performances and the recording that ship with the package.

Example::

    python tools/build_demo.py src/maestrokit/demo

The playing follows well-known rules of expressive performance, all of them small: tempo and loudness rise and fall over
phrases of four bars, the last bars slow down, the melody is louder and a little early, nothing is quite even, and the
pedal is changed just after every bar.

References
----------
Friberg, Bresin, Sundberg, "Overview of the KTH rule system for musical performance", Advances in Cognitive Psychology
2(2-3), 2006 (phrase arch, final ritardando, melody lead).
"""

import argparse
from pathlib import Path

import numpy as np

from demo_scores import SCORES, DemoScore
from maestrokit.arrays import Floats
from maestrokit.audio.effects.room import SMALL
from maestrokit.files.atomic import write_bytes
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.note_tables import dump_notes
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.write import write_blocks
from maestrokit.music.event_order import reorder_events
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.performance import SUSTAIN, TRACK_NAME, Controls, Notes, Others, Performance, Tempos
from maestrokit.synth.render import stream
from maestrokit.synth.timbre import Timbre

TICKS_PER_BEAT = 480
TICKS_PER_SECOND = 960  # at 120 beats a minute, the default tempo of MIDI files
RECORDED, RECORDING, RECORDED_BEATS = "petzold-minuet", "petzold-opening", 24  # its first eight bars
RECORDED_RATE = 16000  # Hz
SHORTEST_AUDIBLE = 0.05  # seconds: notes that begin less than this before the end are left out
NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def parse_voice(voice: str) -> list[tuple[int, int, int]]:
    """Return (onset in sixteenths, length in sixteenths, MIDI number) of each note of a voice.

    >>> parse_voice("C4/2 r/1 | E4+G4/4")
    [(0, 2, 60), (3, 4, 64), (3, 4, 67)]
    """
    notes, onset = [], 0
    for word in voice.replace("|", " ").split():
        names, _, length = word.partition("/")
        notes += [(onset, int(length), midi_number(name)) for name in names.split("+") if name != "r"]
        onset += int(length)
    return notes


def midi_number(name: str) -> int:
    """Return the MIDI number of a note name.

    >>> midi_number("C4"), midi_number("Bb3"), midi_number("F#5")
    (60, 58, 78)
    """
    return NATURALS[name[0]] + name.count("#") - name.count("b") + 12 * (int(name[-1]) + 1)


def perform(score: DemoScore, *, seed: int) -> tuple[Performance, Floats]:
    """Return a performance of a score, and the seconds of its beats."""
    generator = np.random.default_rng(seed)
    voices = [parse_voice(text) for text in score.voices]
    rows = np.array([(*note, number) for number, notes in enumerate(voices) for note in notes], np.int64)
    onset, length, pitch, voice = rows[np.lexsort((rows[:, 2], rows[:, 0]))].T
    seconds = _sixteenth_times(score, int((onset + length).max()), generator)
    lead = np.where(voice == 0, -0.008, 0.004) + generator.normal(0, 0.006, len(onset))
    starts = np.maximum(seconds[onset] + lead, 0)
    ends = starts + (seconds[onset + length] - seconds[onset]) * generator.uniform(0.86, 1.0, len(onset))
    velocity = _mean_velocity(score, onset, voice) + generator.normal(0, 3, len(onset))
    notes = _notes(starts, np.maximum(ends, starts + 0.03), pitch, np.clip(np.rint(velocity), 12, 118).astype(np.int64))
    beats = seconds[np.arange(score.pickup_length % score.beat_length, len(seconds), score.beat_length)]
    bars = seconds[np.arange(score.pickup_length, len(seconds) - 1, score.bar_length)]
    return _performance(score.title, notes, bars, seconds[-1]), beats


def _sixteenth_times(score: DemoScore, length: int, generator: np.random.Generator) -> Floats:
    """Return the second of each sixteenth: a phrase arch of four bars, a last ritardando, and unevenness."""
    bar = (np.arange(length) - score.pickup_length) / score.bar_length
    phrase = np.mod(bar, 4) / 4
    slowness = 1.10 - 0.16 * np.sin(np.pi * phrase)
    last_bars = np.clip((np.arange(length) - (length - 2 * score.bar_length)) / (2 * score.bar_length), 0, 1)
    slowness = slowness * (1 + 0.55 * last_bars**2) * np.exp(generator.normal(0, 0.02, length))
    sixteenth = 60 / score.beats_per_minute / score.beat_length
    return 0.5 + np.concatenate([[0.0], np.cumsum(slowness * sixteenth)])


def _mean_velocity(score: DemoScore, onset: np.ndarray, voice: np.ndarray) -> Floats:
    """Return the velocity of each note before its random part."""
    bar = (onset - score.pickup_length) / score.bar_length
    arch = np.sin(np.pi * np.mod(bar, 4) / 4)
    strong = np.mod(onset - score.pickup_length, score.bar_length) == 0
    return np.asarray(80 - 40 * score.softness + 14 * arch + 5 * strong - np.where(voice == 0, 0, 12))


def _notes(starts: Floats, ends: Floats, pitch: np.ndarray, velocity: np.ndarray) -> Notes:
    """Return notes in ticks, none of which sounds when its key is struck again."""
    count = np.arange(len(pitch))
    onset_tick, offset_tick = (np.rint(seconds * TICKS_PER_SECOND).astype(np.int64) for seconds in (starts, ends))
    for row in count:  # a key must be up before it is struck again
        later_onsets = count[(pitch == pitch[row]) & (onset_tick > onset_tick[row])]
        if len(later_onsets):
            offset_tick[row] = min(offset_tick[row], onset_tick[later_onsets].min() - 5)
    zeros = np.zeros(len(pitch), np.int64)
    return Notes(onset_tick, offset_tick, pitch, velocity, zeros + 64, zeros, zeros + 1, 2 * count + 10, 2 * count + 11)


def _performance(title: str, notes: Notes, bars: Floats, end: float) -> Performance:
    """Return the performance of notes, its pedal changed at each bar."""
    down, up = bars + 0.06, np.append(bars[1:], end) - 0.02
    tick = np.rint(np.column_stack([down, up]).ravel() * TICKS_PER_SECOND).astype(np.int64)
    count = len(tick)
    zeros, ones = np.zeros(count, np.int64), np.ones(count, np.int64)
    controls = Controls(tick, ones * SUSTAIN, np.tile([100, 0], count // 2), zeros, ones, np.arange(count) + 10_000)
    name = np.empty(1, object)
    name[0] = b"\xff\x03" + bytes([len(title)]) + title.encode("ascii")
    at_start = np.zeros(1, np.int64)
    others = Others(at_start, at_start + TRACK_NAME, name, at_start + 1, at_start)
    tempos = Tempos(at_start, at_start + 500_000, at_start, at_start)
    ends = np.array([0, round(end * TICKS_PER_SECOND)])
    return reorder_events(Performance(notes, controls, tempos, others, ends, TICKS_PER_BEAT, 1))


def record(performance: Performance, target: Path, *, end: float) -> None:
    """Write a recording of a performance up to a moment, in a small room, and beside it a table of its notes."""
    blocks = stream(performance, default_piano(), sample_rate=RECORDED_RATE, timbre=Timbre(room=SMALL), end=end)
    write_blocks(str(target), blocks, format="ogg", sample_rate=RECORDED_RATE, channels=1, comment="")
    notes = timed_notes(performance, pedal_extends=True)
    rows = notes.onset < end - SHORTEST_AUDIBLE
    offset = np.minimum(notes.offset, end)
    table = dump_notes(notes.onset[rows], offset[rows], notes.pitch[rows], notes.velocity[rows])
    write_bytes(target.with_suffix(".tsv"), table)


def main() -> None:
    """Build the demonstration that the command line names a folder for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder to write to")
    build(parser.parse_args().folder)


def build(folder: Path) -> None:
    """Write all performances with their beats, and the recording, into a folder."""
    for seed, (name, score) in enumerate(SCORES.items()):
        performance, beats = perform(score, seed=seed)
        write_midi(performance, folder / f"{name}.mid")
        (folder / f"{name}.beats.txt").write_text("".join(f"{beat:.4f}\n" for beat in beats), encoding="ascii")
        if name == RECORDED:
            record(performance, folder / f"{RECORDING}.ogg", end=float(beats[RECORDED_BEATS]))


if __name__ == "__main__":
    main()
