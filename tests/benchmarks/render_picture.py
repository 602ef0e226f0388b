"""A picture of a rendering above a recording of the same performance on a real piano, as spectra over keys.

``python tests/benchmarks/render_picture.py [--data DIR] [--piece NAME] [--start S] [--seconds S] [-o FILE.png]``
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot

from maestrokit.audio.effects.room import SMALL
from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.files.midi import read_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.read import read_sound
from maestrokit.synth.render import render
from maestrokit.synth.timbre import Timbre

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RATE, HOP = 16000, 160
BINS, BINS_PER_OCTAVE = 288, 36
DEPTH = 70.0  # dB below the loudest


def levels(samples: np.ndarray) -> np.ndarray:
    """Return levels in dB against the loudest, shape (frames, bins)."""
    spectrum = analyse(samples, SpectrumSettings("cqt", RATE, HOP, bins=BINS).analysis())
    decibels = 20 * np.log10(spectrum + 1e-9)
    return decibels - decibels.max()


def main() -> None:
    """Draw the picture, and print the correlation of the two spectra."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--piece", default="", help="part of the name; the first that has it")
    parser.add_argument("--start", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("-o", "--output", type=Path, default=Path("render.png"))
    options = parser.parse_args()
    folder = options.data / "maps" / "real"
    path = next(path for path in sorted(folder.glob("*.flac")) if options.piece in path.name)
    start, end = options.start, options.start + options.seconds
    recorded = read_sound(path, sample_rate=RATE).samples[int(start * RATE) : int(end * RATE)]
    rendered = render(
        read_midi(path.with_suffix(".mid")),
        default_piano(),
        sample_rate=RATE,
        timbre=Timbre(room=SMALL),
        start=start,
        end=end,
    )
    figure, axes = pyplot.subplots(2, 1, figsize=(12, 9), sharex=True, sharey=True, layout="constrained")
    pair = levels(rendered), levels(recorded)
    for axis, spectrum, title in zip(axes, pair, ("rendered", f"recorded: {path.stem}"), strict=True):
        picture = axis.imshow(
            spectrum.T, origin="lower", aspect="auto", vmin=-DEPTH, vmax=0, cmap="magma", extent=(start, end, 0, BINS)
        )
        octaves = np.arange(0, BINS, BINS_PER_OCTAVE)
        axis.set_yticks(octaves, [f"{27.5 * 2 ** (bin_number / BINS_PER_OCTAVE):g}" for bin_number in octaves])
        axis.set(title=title, ylabel="frequency (Hz)")
    axes[1].set_xlabel("time (s)")
    figure.colorbar(picture, ax=axes, label="level (dB)")
    figure.savefig(options.output, dpi=110)
    frames = min(len(pair[0]), len(pair[1]))
    clipped_levels = [np.maximum(spectrum[:frames], -DEPTH).ravel() for spectrum in pair]
    print(f"{options.output}: correlation of the two spectra in dB {np.corrcoef(*clipped_levels)[0, 1]:.3f}")


if __name__ == "__main__":
    main()
