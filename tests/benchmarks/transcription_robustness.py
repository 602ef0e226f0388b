"""What transcription makes of what is no piano, and what cuts change.

Notes told, with and without the listening of the model, of silence, noise, sines, hum, and speech (by espeak-ng if
it is there, or WAV files by --speech); then a shipped performance, played by the shipped piano: 0..19 ms cut off,
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

RATE, SECONDS, PLAYED = 16000, 20, 20.0
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
    deaf = replace(transcriber, gate=GateConfig(silence_threshold=OFF, min_confidence=0.0))
    print(f"{'no piano':24}{'dBFS':>8}{'seconds':>9}{'notes':>12}{'without gate':>16}")
    for name, sound in noises(options.speech):
        told, heard = transcriptions([sound], [transcriber, deaf])
        level = 10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-20)
        counts = len(told.notes.onset), len(heard.notes.onset)
        print(f"{name:24}{level:8.0f}{len(sound) / RATE:9.1f}{counts[0]:12}{counts[1]:16}", flush=True)
    print(f"\n{'a piano':24}{'notes':>8}{'F1':>8}{'farthest, ms':>14}")
    changes(transcriber)


def noises(speech: list[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what is to have no notes."""
    generator, count = np.random.default_rng(0), RATE * SECONDS
    when = np.arange(count) / RATE
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
        yield f"sine {frequency} Hz", (0.1 * np.sin(2 * np.pi * frequency * when)).astype(np.float32)
    hum = np.sum([10 ** (-k / 10) * np.sin(2 * np.pi * 50 * k * when + k) for k in range(1, 12)], axis=0)
    yield "hum of the mains", (0.01 * hum / hum.std()).astype(np.float32)
    for name, voice in voices(speech):
        for level in (0, -30, -50):
            yield f"{name} {level}", voice * np.float32(10 ** (level / 20))


def voices(paths: list[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield speech."""
    for path in paths:
        yield path.stem, read_sound(path, sample_rate=RATE).samples
    if not paths and shutil.which("espeak-ng") is None:
        print("speech: skipped, no espeak-ng")
    elif not paths:
        with tempfile.TemporaryDirectory() as folder:
            for voice in ("en", "en+f3", "de+m5"):
                subprocess.run(["espeak-ng", "-v", voice, "-w", f"{folder}/a.wav", TEXT], check=True)
                yield f"speech {voice}", read_sound(f"{folder}/a.wav", sample_rate=RATE).samples


def changes(transcriber: Transcriber) -> None:
    """Print what cuts, clipping and other rates change."""
    sound = render(read_midi(DEMO), default_piano(), sample_rate=RATE, end=PLAYED)
    whole = transcribed([sound], transcriber).notes
    show("whole", whole, whole, 0.0)
    for milliseconds in range(0, 20):
        show(f"{milliseconds} ms cut off", heard(sound, transcriber, milliseconds), whole, 0.3)
    half = RATE * 10
    first, second = (transcribed([part], transcriber).notes for part in (sound[:half], sound[half:]))
    later = second._replace(onset=second.onset + 10.0)
    both = TimedNotes(*(np.concatenate(columns) for columns in zip(first, later, strict=True)))
    show("two halves", both, whole, 0.3)
    show("clipped, 20 dB over", transcribed([(10 * sound).clip(-1, 1)], transcriber).notes, whole, 0.3)
    for rate in (8000, 44100):
        there = np.concatenate(list(resample_stream([sound], from_rate=RATE, to_rate=rate)))
        back = resample_stream([there], from_rate=rate, to_rate=RATE)
        show(f"by way of {rate} Hz", transcribed(back, transcriber).notes, whole, 0.3)


def heard(sound: np.ndarray, transcriber: Transcriber, milliseconds: int) -> TimedNotes:
    """Return the notes of a recording whose start is cut off, at their times in the whole."""
    notes = transcribed([sound[RATE * milliseconds // 1000 :]], transcriber).notes
    return notes._replace(onset=notes.onset + milliseconds / 1000)


def show(name: str, notes: TimedNotes, whole: TimedNotes, start: float) -> None:
    """Print a line of the second table."""
    takes = []
    for one in (notes, whole):
        rows = one.onset >= start
        takes.append(NotesAndPedal(notes_in_seconds(one.onset[rows], one.onset[rows] + 0.1, one.pitch[rows]), None))
    f1 = onset.scores(*takes, tolerance=Tolerance(onset=0.015))["onset_f1"]
    farthest = max(
        (np.abs(whole.onset[whole.pitch == pitch] - time).min(initial=1.0) for time, pitch in zip(
            takes[0].notes.onset, takes[0].notes.pitch, strict=True)), default=0.0,
    )  # fmt: skip
    shown = f"{1000 * farthest:14.1f}" if farthest < 0.05 else f"{'another note':>14}"
    print(f"{name:24}{len(takes[0].notes):8}{f1:8.3f}{shown}", flush=True)


if __name__ == "__main__":
    main()
