"""Make training data of speech, other sounds and noise, in which a transcription model should find no notes.

Example::

    python tools/sounds_without_notes.py packages -o silent

FOLDER holds unpacked Debian packages, each in a folder of its own: en, fr, it and ru with
asterisk-core-sounds-LANGUAGE-wav (prompts, CC BY-SA 3.0), stamps with tuxpaint-stamps-default (spoken names and the
sounds of things). Minutes of them, joined at random levels, and of coloured noise with and without hum, go to OUT,
each with an empty table of notes.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from maestrokit.errors import MaestrokitError
from maestrokit.files.sound.read import read_sound

RATE, SECONDS = 16000, 60
LANGUAGES = ("en", "fr", "it", "ru")
EMPTY = "onset\toffset\tpitch\tvelocity\n"
SHORT = 20000  # bytes; prompts up to this are single words


def main() -> None:
    """Write all recordings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of the unpacked packages")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        paths = (options.folder / language).rglob("*.wav")
        prompts = [path for path in paths if path.stat().st_size > SHORT and "silence" not in str(path)]
        write_joined(f"speech_{language}", prompts, 4, options.output)
    stamps = [path for suffix in ("*.ogg", "*.wav") for path in (options.folder / "stamps").rglob(suffix)]
    spoken = [path for path in stamps if not re.search("music|instr", str(path).lower())]
    write_joined("stamps", spoken, 6, options.output)
    generator = np.random.default_rng(1)
    for number in range(5):
        write_recording(options.output / f"noise{number}", np.concatenate([noise(generator) for _ in range(6)]))


def write_recording(path: Path, samples: np.ndarray) -> None:
    """Write a recording and its empty table."""
    soundfile.write(path.with_suffix(".flac"), np.clip(samples, -1, 1), RATE, subtype="PCM_16")
    path.with_suffix(".tsv").write_text(EMPTY)


def write_joined(name: str, paths: Iterable[Path], count: int, output: Path) -> None:
    """Write so many minutes of sounds in random order and at random levels, with short pauses."""
    generator, names = np.random.default_rng(0), sorted(map(str, paths))
    generator.shuffle(names)
    queue = iter(names)
    for number in range(count):
        parts: list[np.ndarray] = []
        total = 0
        while total < SECONDS * RATE and (path := next(queue, None)) is not None:
            try:
                samples = read_sound(Path(path), sample_rate=RATE).samples
            except MaestrokitError as error:
                print(error, file=sys.stderr)
                continue
            if len(samples):
                gain = 10 ** (generator.uniform(-25, 5) / 20) * 0.1 / (np.sqrt(np.mean(samples**2)) + 1e-6)
                parts += [samples * np.float32(gain), np.zeros(int(generator.uniform(0, 0.4) * RATE), np.float32)]
                total += len(parts[-2]) + len(parts[-1])
        write_recording(output / f"{name}{number}", np.concatenate(parts)[: SECONDS * RATE])


def noise(generator: np.random.Generator) -> np.ndarray:
    """Return 10 s of noise of a random colour and level, at times with hum, at times swelling."""
    count = 10 * RATE
    slope, frequency = generator.uniform(-0.5, 2.5), np.fft.rfftfreq(count, 1 / RATE)
    spectrum = np.fft.rfft(generator.standard_normal(count))
    spectrum[1:] /= frequency[1:] ** (slope / 2)
    spectrum[0] = 0
    sound = np.fft.irfft(spectrum)
    sound *= 10 ** (generator.uniform(-60, -12) / 20) / sound.std()
    if generator.random() < 0.3:
        mains, times = generator.choice([50, 60]), np.arange(count) / RATE
        partials = [
            10 ** (-k * generator.uniform(0.1, 0.4)) * np.sin(2 * np.pi * mains * k * times + k) for k in range(1, 12)
        ]
        sound = 0.2 * sound + sum(partials) * 10 ** (generator.uniform(-50, -20) / 20)
    if generator.random() < 0.3:
        sound *= np.exp(np.interp(np.arange(count), np.linspace(0, count, 80), generator.normal(0, 1, 80)))
    return sound.astype(np.float32)


if __name__ == "__main__":
    main()
