"""Time per MIDI file: reading, and reading + quantizing + writing, beside symusic, mido and pretty_midi.

    python tests/benchmarks/midi_speed.py [--data DIR] [--files 60] [--seed 1] [--libraries maestrokit,symusic]

Every library reads the same real performances from memory and writes to memory, file by file in turn, one thread.
Each time is processor time: of maestrokit and symusic, in alternation, the best of five; the slow two read every fourth
file, once, which is noisier by some percent, where the ratios are tens. All quantize the onsets and offsets of notes to
the nearest 10 ms; maestrokit also moves pedals with them, removes duplicates, cuts overlaps. The other libraries drop
what they always drop. A ratio above 1 says how many times longer a library takes than maestrokit, the last column how
many times longer maestrokit takes.
"""

import argparse
import gc
import io
import random
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pretty_midi
import symusic

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.performance import Performance
from maestrokit.music.quantization.quantize import Quantization, quantize

STEP = 0.01  # seconds


def maestrokit_quantized(performance: Performance) -> Performance:
    """Return a performance quantized by maestrokit."""
    return quantize(performance, Quantization(step=Fraction(1, 100), durations="offsets"))[0]


def symusic_quantized(score: symusic.Score) -> symusic.Score:
    """Return a score of symusic with its notes quantized."""
    seconds = score.to("second")
    for track in seconds.tracks:
        columns = track.notes.numpy()
        end = np.rint((columns["time"] + columns["duration"]) / STEP) * STEP
        columns["time"] = np.rint(columns["time"] / STEP) * STEP
        columns["duration"] = np.maximum(end - columns["time"], STEP)
        track.notes = symusic.Note.from_numpy(**columns, ttype="second")
    return seconds.to("tick")


def mido_quantized(midi: mido.MidiFile) -> mido.MidiFile:
    """Return a file of mido with its notes quantized, at one tempo."""
    tempo = next((m.tempo for track in midi.tracks for m in track if m.type == "set_tempo"), 500_000)
    step = STEP / (tempo / 1e6 / midi.ticks_per_beat)
    for track in midi.tracks:
        tick, timed = 0, []
        for message in track:
            tick += message.time
            is_note = message.type in ("note_on", "note_off")
            timed.append((round(round(tick / step) * step) if is_note else tick, message))
        timed.sort(key=lambda pair: pair[0])
        previous = 0
        for tick, message in timed:
            message.time, previous = tick - previous, tick
        track[:] = [message for _, message in timed]
    return midi


def pretty_midi_quantized(midi: pretty_midi.PrettyMIDI) -> pretty_midi.PrettyMIDI:
    """Return a file of pretty_midi with its notes quantized."""
    for instrument in midi.instruments:
        for note in instrument.notes:
            note.start = round(note.start / STEP) * STEP
            note.end = max(round(note.end / STEP) * STEP, note.start + STEP)
    return midi


def mido_bytes(midi: mido.MidiFile) -> bytes:
    """Return the bytes of a file of mido."""
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def pretty_midi_bytes(midi: pretty_midi.PrettyMIDI) -> bytes:
    """Return the bytes of a file of pretty_midi."""
    out = io.BytesIO()
    midi.write(out)
    return out.getvalue()


Steps = tuple[Callable[[bytes], Any], Callable[[Any], Any], Callable[[Any], bytes]]  # parse, quantize, write
LIBRARIES: dict[str, Steps] = {
    "maestrokit": (lambda data: parse_midi(data, name="a.mid"), maestrokit_quantized, dump_midi),
    "symusic": (symusic.Score.from_midi, symusic_quantized, lambda score: score.dumps_midi()),
    "mido": (lambda data: mido.MidiFile(file=io.BytesIO(data)), mido_quantized, mido_bytes),
    "pretty_midi": (lambda data: pretty_midi.PrettyMIDI(io.BytesIO(data)), pretty_midi_quantized, pretty_midi_bytes),
}
SLOW = ("mido", "pretty_midi")
MOST_REPETITIONS, SLOW_EVERY = 5, 4


def milliseconds(steps: Steps, data: bytes) -> list[float]:
    """Return the processor time from the bytes on until each step is done."""
    value: Any = data
    gc.collect()  # so that no step pays for the garbage of earlier runs
    start, ends = time.process_time(), []
    for step in steps:
        value = step(value)
        ends.append(1000 * (time.process_time() - start))
    return ends


def measure(paths: list[Path], names: list[str]) -> dict[str, np.ndarray]:
    """Return for each library the milliseconds of parsing, with quantizing, and with writing; shape (files, 3)."""
    times: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for number, path in enumerate(paths):
        data = path.read_bytes()
        runs: dict[str, list[list[float]]] = {name: [] for name in names}
        for repetition in range(MOST_REPETITIONS):
            for name in names:
                if name not in SLOW or repetition == number % SLOW_EVERY == 0:
                    runs[name].append(milliseconds(LIBRARIES[name], data))
        for name in names:
            times[name].append(np.min(runs[name], axis=0) if runs[name] else np.full(3, np.nan))
    return {name: np.array(rows) for name, rows in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--libraries", default=",".join(LIBRARIES), help="ours comes first")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    candidates = sorted((options.data / "maestro-v3.0.0").rglob("*.midi"))
    if not candidates:
        parser.error(f"no MAESTRO files in '{options.data}'")
    paths = random.Random(options.seed).sample(candidates, min(options.files, len(candidates)))
    gc.freeze()
    times = measure(paths, options.libraries.split(","))
    notes = np.median([len(parse_midi(path.read_bytes(), name=str(path)).notes) for path in paths])
    print(f"{len(paths)} performances, median {notes:.0f} notes; processor ms a file, median (p90); median ratios")
    titles = "".join(f"{title:>18}{'ratio':>9}" for title in ("parse", "+ quantize", "+ write"))
    print(f"{'library':<13}{titles}{'ours / it':>11}")
    for name, rows in times.items():
        ratios = np.nanmedian(rows / times["maestrokit"], axis=0)
        cells = [f"{np.nanmedian(column):.2f} ({np.nanpercentile(column, 90):.2f})" for column in rows.T]
        line = "".join(f"{cell:>18}{ratio:>9.2f}" for cell, ratio in zip(cells, ratios, strict=True))
        print(f"{name:<13}{line}{1 / ratios[-1]:>11.2f}")


if __name__ == "__main__":
    main()
