"""Transcription of sounds other than a piano, and of a piano after cuts, clipping and resampling.

Notes transcribed, with and without the gate, in silence, noise, sines, hum, and speech (by espeak-ng if it is
installed, or WAV files by --speech); then a shipped performance, rendered on the shipped piano: with 0..19 ms cut off,
in two halves, clipped, and at other rates. F1 is of onsets against those of the whole, within 15 ms, after 0.3 s.

    python tests/benchmarks/transcription_robustness.py
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from maestrokit.audio.resample import resample_stream
from maestrokit.files.checkpoint import model_folder
from maestrokit.files.midi import read_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.read import read_sound
from maestrokit.inference.transcription.gate import OFF, GateConfig
from maestrokit.inference.transcription.transcriber import Transcriber, read_transcriber, transcribed, transcriptions
from maestrokit.metrics.pairs import onset
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.synth.render import render

RATE, SECONDS, RENDERED_SECONDS = 16000, 20, 20.0
DEMO = Path(__file__).resolve().parents[2] / "src/maestrokit/demo/petzold-minuet.mid"
TEXT = (
    "Good evening, ladies and gentlemen. We recorded this lecture in the small hall, and nobody played the piano that "
    "night. Every evening the caretaker closes the windows, switches off the lights and locks the door. Then "
    "there is nothing but silence, and the hum of the ventilation."
)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="transcription")
    parser.add_argument("--speech", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    transcriber = read_transcriber(model_folder(options.model))
    ungated_transcriber = replace(transcriber, gate=GateConfig(silence_threshold=OFF, min_confidence=0.0))
    print(f"{'no piano':24}{'dBFS':>8}{'seconds':>9}{'notes':>12}{'without gate':>16}")
    for name, sound in sounds_without_notes(options.speech):
        gated, ungated = transcriptions([sound], [transcriber, ungated_transcriber])
        level = 10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-20)
        counts = len(gated.notes.onset), len(ungated.notes.onset)
        print(f"{name:24}{level:8.0f}{len(sound) / RATE:9.1f}{counts[0]:12}{counts[1]:16}", flush=True)
    print(f"\n{'a piano':24}{'notes':>8}{'F1':>8}{'farthest, ms':>14}")
    print_changes(transcriber)


def sounds_without_notes(speech: list[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield sounds in which there are no notes, and their names."""
    generator, count = np.random.default_rng(0), RATE * SECONDS
    times = np.arange(count) / RATE
    yield "silence", np.zeros(count, np.float32)
    yield "dither of 16 bits", (generator.integers(-1, 2, count) / 32768).astype(np.float32)
    white = generator.standard_normal(count)
    spectrum = np.fft.rfft(generator.standard_normal(count))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    pink = np.fft.irfft(spectrum)
    for name, noise in (("white noise", white), ("pink noise", pink)):
        for level in (-10, -30, -50):
            yield f"{name} {level}", (noise / noise.std() * 10 ** (level / 20)).clip(-1, 1).astype(np.float32)
    for frequency in (100, 440, 1000):
        yield f"sine {frequency} Hz", (0.1 * np.sin(2 * np.pi * frequency * times)).astype(np.float32)
    hum = np.sum([10 ** (-k / 10) * np.sin(2 * np.pi * 50 * k * times + k) for k in range(1, 12)], axis=0)
    yield "hum of the mains", (0.01 * hum / hum.std()).astype(np.float32)
    for name, samples in speech_sounds(speech):
        for level in (0, -30, -50):
            yield f"{name} {level}", samples * np.float32(10 ** (level / 20))


def speech_sounds(paths: list[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield recordings of speech, and their names."""
    for path in paths:
        yield path.stem, read_sound(path, sample_rate=RATE).samples
    if not paths and shutil.which("espeak-ng") is None:
        print("speech: skipped, no espeak-ng")
    elif not paths:
        with tempfile.TemporaryDirectory() as folder:
            for voice in ("en", "en+f3", "de+m5"):
                subprocess.run(["espeak-ng", "-v", voice, "-w", f"{folder}/a.wav", TEXT], check=True)
                yield f"speech {voice}", read_sound(f"{folder}/a.wav", sample_rate=RATE).samples


def print_changes(transcriber: Transcriber) -> None:
    """Print how the notes change with cuts, clipping and other rates."""
    sound = render(read_midi(DEMO), default_piano(), sample_rate=RATE, end=RENDERED_SECONDS)
    reference = transcribed([sound], transcriber).notes
    print_row("whole", reference, reference, 0.0)
    for milliseconds in range(0, 20):
        print_row(f"{milliseconds} ms cut off", notes_after_cut(sound, transcriber, milliseconds), reference, 0.3)
    half = RATE * 10
    first, second = (transcribed([part], transcriber).notes for part in (sound[:half], sound[half:]))
    second_moved = second._replace(onset=second.onset + 10.0)
    joined = TimedNotes(*(np.concatenate(columns) for columns in zip(first, second_moved, strict=True)))
    print_row("two halves", joined, reference, 0.3)
    print_row("clipped, 20 dB over", transcribed([(10 * sound).clip(-1, 1)], transcriber).notes, reference, 0.3)
    for rate in (8000, 44100):
        resampled = np.concatenate(list(resample_stream([sound], from_rate=RATE, to_rate=rate)))
        restored = resample_stream([resampled], from_rate=rate, to_rate=RATE)
        print_row(f"by way of {rate} Hz", transcribed(restored, transcriber).notes, reference, 0.3)


def notes_after_cut(sound: np.ndarray, transcriber: Transcriber, milliseconds: int) -> TimedNotes:
    """Return the notes of a recording whose start is cut off, at their times in the whole recording."""
    notes = transcribed([sound[RATE * milliseconds // 1000 :]], transcriber).notes
    return notes._replace(onset=notes.onset + milliseconds / 1000)


def print_row(name: str, notes: TimedNotes, reference: TimedNotes, start: float) -> None:
    """Print a row of the second table."""
    pair = []
    for part in (notes, reference):
        rows = part.onset >= start
        pair.append(NotesAndPedal(notes_in_seconds(part.onset[rows], part.onset[rows] + 0.1, part.pitch[rows]), None))
    f1 = onset.scores(*pair, tolerance=Tolerance(onset=0.015))["onset_f1"]
    farthest = max(
        (np.abs(reference.onset[reference.pitch == pitch] - time).min(initial=1.0) for time, pitch in zip(
            pair[0].notes.onset, pair[0].notes.pitch, strict=True)), default=0.0,
    )  # fmt: skip
    shown = f"{1000 * farthest:14.1f}" if farthest < 0.05 else f"{'another note':>14}"
    print(f"{name:24}{len(pair[0].notes):8}{f1:8.3f}{shown}", flush=True)


if __name__ == "__main__":
    main()
