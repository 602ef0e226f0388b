"""What a transcription collects of a recording besides its notes, and the summary of what was found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from maestrokit.audio.spectra.frames import Samples
from maestrokit.audio.spectra.thumbnail import Thumbnail
from maestrokit.files.arrays import dump_arrays
from maestrokit.inference.transcription.transcriber import FRAME_SECONDS, FramePosteriors, Transcriber, Transcript
from maestrokit.music.piano_range import LOWEST_PITCH

HEADS = ("onset", "offset", "frame", "velocity")


@dataclass(frozen=True)
class TranscriptionSummary:
    """How much was found in a recording."""

    notes: int
    seconds: float
    quiet: float
    """Seconds below the silence threshold."""
    doubtful: float
    """Seconds below the least confidence."""
    concert_pitch: float | None = None
    """In Hz."""
    beats: int | None = None
    """None where beats were not tracked."""
    has_meter: bool = False


class Collected:
    """Counts the samples that pass, and keeps a thumbnail of the spectrum and the posteriors where they are needed."""

    def __init__(self, transcriber: Transcriber, *, has_picture: bool, has_posteriors: bool) -> None:
        self.thumbnail = Thumbnail(transcriber.frames_per_second) if has_picture else None
        self._has_pedal = transcriber.predicts_pedal
        self._has_posteriors = has_posteriors
        self._posteriors: list[FramePosteriors] = []
        self._samples, self._sample_rate = 0, transcriber.sample_rate

    @property
    def seconds(self) -> float:
        """The length of what has passed."""
        return self._samples / self._sample_rate

    def samples(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        """Yield the blocks of a recording."""
        for block in blocks:
            self._samples += len(block)
            yield block

    def levels(self, parts: Iterator[Any]) -> Iterator[Any]:
        """Yield the parts of a spectrum."""
        for part in parts:
            if self.thumbnail is not None:
                self.thumbnail.feed(part)
            yield part

    def add(self, posteriors: FramePosteriors) -> None:
        """Keep the posteriors of some frames."""
        if self._has_posteriors:
            half = FramePosteriors(posteriors.keys.astype(np.float16), posteriors.pedal.astype(np.float16))
            self._posteriors.append(half)

    def arrays(self, result: Transcript, lines: list[str]) -> bytes:
        """Return notes, pedal and posteriors as the bytes of an .npz file."""
        keys = np.concatenate([part.keys for part in self._posteriors], axis=1)  # (heads, frames, keys)
        arrays = {f"note_{name}": column for name, column in result.notes._asdict().items()} | {"pedal": result.pedal}
        heads = dict(zip(HEADS, keys, strict=True))
        if self._has_pedal:
            heads["pedal"] = np.concatenate([part.pedal for part in self._posteriors])
        arrays |= {f"{name}_posterior": head for name, head in heads.items()}
        metadata: dict[str, Any] = {"frame_seconds": FRAME_SECONDS, "lowest_pitch": LOWEST_PITCH}
        if lines:
            metadata["provenance"] = lines
        return dump_arrays(arrays, suffix=".npz", metadata=metadata, compress=True)
