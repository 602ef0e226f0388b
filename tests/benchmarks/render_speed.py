"""How many times faster than real time rendering is, and how late its notes are; FluidSynth in the same run.

``python tests/benchmarks/render_speed.py [--data DIR] [--soundfont FILE]``
"""

import argparse
import csv
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from maestrokit.audio.effects.room import SMALL
from maestrokit.files.midi import parse_midi, read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.music.performance import Performance
from maestrokit.synth.keys_and_pedals import sounding_notes
from maestrokit.synth.note_onset import onset_sample
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LONGEST = 600.0  # seconds; of the pieces up to this length the densest is rendered
VELOCITIES = (25, 45, 65, 85, 110)
CASES = ((16000, 1, None), (44100, 2, SMALL))


def densest(root: Path) -> tuple[str, Performance]:
    """Return the validation performance with the most notes a second."""
    with next(root.glob("*.csv")).open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == "validation"]
    short = [(row, read_midi(root / row["midi_filename"])) for row in rows if float(row["duration"]) < LONGEST]
    row, performance = max(short, key=lambda pair: len(pair[1].notes) / float(pair[0]["duration"]))
    return f"{row['canonical_composer']}, {row['canonical_title']}", performance


def rendering_time(performance: Performance, sample_rate: int, channels: int, room: object) -> tuple[float, float]:
    """Return processor seconds and seconds of sound."""
    start = time.process_time()
    sound = render(
        performance,
        default_piano(),
        sample_rate=sample_rate,
        channels=channels,
        timbre=Timbre(room=room),  # type: ignore[arg-type]
    )
    return time.process_time() - start, sound.shape[-1] / sample_rate


def fluidsynth_seconds(performance_path: Path, soundfont: Path) -> float:
    """Return processor seconds of FluidSynth for the same at 44.1 kHz in stereo, with its reverberation."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.times()
        subprocess.run(
            [
                "fluidsynth",
                "-ni",
                "-q",
                "-C",
                "0",
                "-r",
                "44100",
                "-F",
                f"{folder}/out.wav",
                soundfont,
                performance_path,
            ],
            check=True,
            capture_output=True,
        )
        after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def onset_errors() -> np.ndarray:
    """Return how late each key sounds at several velocities, in seconds, in a performance of all keys.

    A note sounds from where the differenced sound first reaches a tenth of its loudest millisecond.
    """
    rate = 44100
    step = 960  # ticks: a second at the default tempo
    events = bytearray()
    for velocity in VELOCITIES:
        for key in range(21, 109):
            events += bytes([0x00, 0x90, key, velocity, 0x83, 0x60, 0x80, key, 64])  # 480 ticks
            events += bytes([0x83, 0x60, 0xB0, 64, 0])
    events += bytes([0, 0xFF, 0x2F, 0])
    header = b"MThd" + bytes([0, 0, 0, 6, 0, 0, 0, 1]) + (step // 2).to_bytes(2, "big")
    performance = parse_midi(header + b"MTrk" + len(events).to_bytes(4, "big") + bytes(events), name="all keys")
    sound = render(performance, default_piano(), sample_rate=rate)
    silence = round(0.01 * rate)
    sound = np.concatenate([np.zeros(silence, np.float32), sound])
    onsets = np.rint(sounding_notes(performance).onset * rate).astype(int)
    return (
        np.array([onset_sample(sound[None, start : start + rate // 4], sample_rate=rate) - silence for start in onsets])
        / rate
    )


def main() -> None:
    """Print the speeds and the lateness of onsets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--soundfont", type=Path, help="for FluidSynth, if that is installed")
    options = parser.parse_args()
    name, performance = densest(options.data / "maestro-v3.0.0")
    print(f"{name}: {len(performance.notes)} notes")
    seconds = 0.0
    for sample_rate, channels, room in CASES:
        for state in ("first time", "again"):
            cpu_seconds, seconds = rendering_time(performance, sample_rate, channels, room)
            print(
                f"maestrokit {sample_rate} Hz, {channels} channels, {'room' if room else 'dry'}, {state:10s} "
                f"{cpu_seconds:6.2f} s CPU for {seconds:.0f} s: {seconds / cpu_seconds:6.0f} x real time"
            )
    if options.soundfont and shutil.which("fluidsynth"):
        with tempfile.TemporaryDirectory() as folder:
            write_midi(performance, Path(folder) / "piece.mid")
            fluidsynth_time = fluidsynth_seconds(Path(folder) / "piece.mid", options.soundfont)
        print(
            f"fluidsynth 44100 Hz, 2 channels, reverb {fluidsynth_time:6.2f} s CPU: {seconds / fluidsynth_time:6.0f} "
            f"x real time; maestrokit takes {cpu_seconds / fluidsynth_time:.2f} of it"
        )
    else:
        print("fluidsynth: not compared (needs the program and --soundfont)")
    lateness = onset_errors() * 1000
    print(
        f"{len(lateness)} onsets, every key at velocities {VELOCITIES}; ms late: median {np.median(lateness):.1f}, "
        f"5 % {np.percentile(lateness, 5):.1f}, 95 % {np.percentile(lateness, 95):.1f}; "
        f"within 5 ms {np.mean(np.abs(lateness) <= 5):.1%}"
    )


if __name__ == "__main__":
    main()
