"""How long MIDI takes, a file: reading, and reading + quantizing + writing, beside symusic, mido and pretty_midi.

    python tests/benchmarks/midi_speed.py [--data DIR] [--files 60] [--seed 1]

Every library reads the same real performances from memory and writes to memory, file by file in turn, one thread;
each time is processor time, the best of three (of one for the slow two). All quantize the onsets and offsets of notes to the nearest
10 ms; ours also moves the pedals with them, removes duplicates and cuts overlaps. Peers drop what they always drop.
"""

import argparse
import io
import random
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import symusic

from maestrokit.files.midi import dump_midi, parse_midi
from maestrokit.music.performance import Performance
from maestrokit.music.quantize import Quantization, quantize

STEP = 0.01  # seconds


def ours_quantized(performance: Performance) -> Performance:
    return quantize(performance, Quantization(step=Fraction(1, 100), durations="offsets"))[0]


def symusic_quantized(score: symusic.Score) -> symusic.Score:
    seconds = score.to("second")
    for track in seconds.tracks:
        columns = track.notes.numpy()
        end = np.rint((columns["time"] + columns["duration"]) / STEP) * STEP
        columns["time"] = np.rint(columns["time"] / STEP) * STEP
        columns["duration"] = np.maximum(end - columns["time"], STEP)
        track.notes = symusic.Note.from_numpy(**columns, ttype="second")
    return seconds.to("tick")


def mido_quantized(midi: mido.MidiFile) -> mido.MidiFile:
    tempo = next((m.tempo for track in midi.tracks for m in track if m.type == "set_tempo"), 500_000)
    step = STEP / (tempo / 1e6 / midi.ticks_per_beat)
    for track in midi.tracks:
        tick, timed = 0, []
        for message in track:
            tick += message.time
            is_note = message.type in ("note_on", "note_off")
            timed.append((round(round(tick / step) * step) if is_note else tick, message))
        timed.sort(key=lambda pair: pair[0])
        before = 0
        for tick, message in timed:
            message.time, before = tick - before, tick
        track[:] = [message for _, message in timed]
    return midi


def pretty_midi_quantized(midi: pretty_midi.PrettyMIDI) -> pretty_midi.PrettyMIDI:
    for instrument in midi.instruments:
        for note in instrument.notes:
            note.start = round(note.start / STEP) * STEP
            note.end = max(round(note.end / STEP) * STEP, note.start + STEP)
    return midi


def mido_bytes(midi: mido.MidiFile) -> bytes:
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def pretty_midi_bytes(midi: pretty_midi.PrettyMIDI) -> bytes:
    out = io.BytesIO()
    midi.write(out)
    return out.getvalue()


LIBRARIES: dict[str, tuple[Callable, Callable, Callable, int]] = {  # type: ignore[type-arg]
    "maestrokit": (lambda data: parse_midi(data, name="a.mid"), ours_quantized, dump_midi, 3),
    "symusic": (symusic.Score.from_midi, symusic_quantized, lambda score: score.dumps_midi(), 3),
    "mido": (lambda data: mido.MidiFile(file=io.BytesIO(data)), mido_quantized, mido_bytes, 1),
    "pretty_midi": (lambda data: pretty_midi.PrettyMIDI(io.BytesIO(data)), pretty_midi_quantized, pretty_midi_bytes, 1),
}


def chain(data: bytes, *steps: Callable) -> object:  # type: ignore[type-arg]
    """Return what comes of the bytes after one step after the other."""
    value: object = data
    for step in steps:
        value = step(value)
    return value


def milliseconds(work: Callable[[], object], repetitions: int) -> float:
    """Return the processor time of the quickest repetition."""
    times = []
    for _ in range(repetitions):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * min(times)


def measure(paths: list[Path]) -> dict[str, np.ndarray]:
    """Return for each library the milliseconds of parsing and of the whole, shape (files, 2)."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in LIBRARIES}
    for path in paths:
        data = path.read_bytes()
        for name, (parse, quantized, dump, repetitions) in LIBRARIES.items():
            whole = partial(chain, data, parse, quantized, dump)
            times[name].append((milliseconds(partial(parse, data), repetitions), milliseconds(whole, repetitions)))
    return {name: np.array(rows) for name, rows in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    found = sorted((options.data / "maestro-v3.0.0").rglob("*.midi"))
    if not found:
        parser.error(f"no MAESTRO files in '{options.data}'")
    paths = random.Random(options.seed).sample(found, min(options.files, len(found)))
    times = measure(paths)
    notes = np.median([len(parse_midi(path.read_bytes(), name=str(path)).notes) for path in paths])
    print(f"{len(paths)} performances, median {notes:.0f} notes; processor ms a file, median (p90); ratio of medians to ours")
    print(f"{'library':<13}{'parse':>18}{'ratio':>9}{'parse+quantize+write':>24}{'ratio':>9}")
    ours = np.median(times["maestrokit"], axis=0)
    for name, rows in times.items():
        median, high = np.median(rows, axis=0), np.percentile(rows, 90, axis=0)
        cells = [f"{m:.2f} ({h:.2f})" for m, h in zip(median, high, strict=True)]
        ratio = median / ours
        print(f"{name:<13}{cells[0]:>18}{ratio[0]:>9.2f}{cells[1]:>24}{ratio[1]:>9.2f}")


if __name__ == "__main__":
    main()
