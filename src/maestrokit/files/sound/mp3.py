"""Frames of MPEG audio, layer III: where recordings begin and end in an MP3, and how many frames they have.

An MP3 has no header but, by a custom, a first frame without sound that holds the number of frames (Xing). libsndfile
guesses the length from the first frames where it is missing, and stops after the first of several recordings that were
joined. So the frames are counted here, and each recording gets a right one.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from maestrokit.files.sound.layout import Layout, Part, Peek
from maestrokit.files.sound.tags import after_tags, before_tags

KILOBITS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by the bits of the version
MONO = 3  # bits of the channel mode
MARKS = (b"Xing", b"Info")
HAS_COUNT = 1  # flag of a number of frames
LONGEST_SEARCH = 1 << 16  # bytes from a position without a frame to the next one, before the end is given up


class Kind(NamedTuple):
    """What all frames of a recording have in common."""

    version: int
    rate: int
    is_mono: bool

    @property
    def samples(self) -> int:
        """Of a frame, in each channel."""
        return 1152 if self.version == 3 else 576

    @property
    def side_bytes(self) -> int:
        """Of the side information, behind which the number of frames stands."""
        return (17 if self.is_mono else 32) if self.version == 3 else (9 if self.is_mono else 17)


@dataclass
class FrameRun:
    """A run of frames of one kind."""

    start: int
    kind: Kind
    promised: int | None = None
    """Frames that its first one announces; None without such a first frame."""
    sound: int = 0
    """Where frames with sound begin."""
    frames: int = 0
    stop: int = 0

    @property
    def seconds(self) -> float:
        return self.frames * self.kind.samples / self.kind.rate


@lru_cache(maxsize=4096)
def frame_of(head: bytes) -> tuple[int, Kind] | None:
    """Return length in bytes and kind of the frame that begins with four bytes; None if none does.

    >>> frame_of(bytes.fromhex("fffb9064"))
    (417, Kind(version=3, rate=44100, is_mono=False))
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, bits, rate_index = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bits in (0, 15) or rate_index == 3:
        return None
    kind = Kind(version, RATES[version][rate_index], head[3] >> 6 == MONO)
    kilobits = KILOBITS[1 if version == 3 else 2][bits]
    return kind.samples // 8 * 1000 * kilobits // kind.rate + (head[2] >> 1 & 1), kind


def is_mp3(peek: Peek, position: int) -> bool:
    """Return whether two frames of one kind follow each other at a position, or one ends the file there."""
    frame = frame_of(peek.at(position, 4))
    if frame is None:
        return False
    length, kind = frame
    after = frame_of(peek.at(position + length, 4))
    return position + length == peek.size or (after is not None and after[1] == kind)


def hidden_mp3(peek: Peek, start: int) -> int | None:
    """Return where, not far from a position, three frames of one kind follow each other; None if nowhere."""
    position = _next_frame(peek, start)
    while position is not None:
        frame = frame_of(peek.at(position, 4))
        if frame is not None and is_mp3(peek, position + frame[0]):
            return position
        position = _next_frame(peek, position + 1)
    return None


def mp3_layout(peek: Peek, start: int) -> Layout:
    """Return the recordings in an MP3 whose first frame, or tag before it, is at `start`."""
    recordings, doubts, faults = list[FrameRun](), list[str](), list[str]()
    position = _next_frame(peek, after_tags(peek, start))
    while position is not None:
        stop = _walk(peek, position, recordings)
        after = after_tags(peek, stop)
        position = _next_frame(peek, after)
        good = f"good to {sum(recording.seconds for recording in recordings):.1f} s"
        if position is None and _is_cut(peek, after):
            faults.append(f"truncated ({good})")
        elif position is None and after < before_tags(peek):
            doubts.append(f"{peek.size - after} bytes after its end are no sound, and not read")
        elif position is not None and position > after:
            faults.append(f"damaged ({good}; {position - after} bytes there are no MPEG frame)")
        elif position is not None and peek.at(stop, 1) == b"\0":
            doubts.append(f"{position - stop} bytes without sound are passed over ({good})")
    if len(recordings) == 1 and recordings[0].promised == recordings[0].frames:
        parts = [Part(start, peek.size)]
    else:  # each with a first frame that announces the right number
        parts = [_part(peek, recording) for recording in recordings if recording.frames]
    return Layout(parts, doubts, next(iter([*_missing(recordings), *faults]), ""))


def _missing(recordings: list[FrameRun]) -> list[str]:
    """Return sentences on recordings with fewer frames than announced; some encoders count the first one, too."""
    return [
        f"truncated (good to {mp3.seconds:.1f} s of {mp3.promised * mp3.kind.samples / mp3.kind.rate:.1f} s)"
        for mp3 in recordings
        if mp3.promised is not None and mp3.frames < mp3.promised - 1
    ]


def _walk(peek: Peek, position: int, recordings: list[FrameRun]) -> int:
    """Go from frame to frame, adding to the recordings; return the position where no whole frame begins."""
    recording: FrameRun | None = None
    while (frame := frame_of(peek.at(position, 4))) is not None and position + frame[0] <= peek.size:
        length, kind = frame
        mark = peek.at(position + 4 + kind.side_bytes, 4)
        if recording is None or mark in MARKS or kind != recording.kind or recording.frames == recording.promised:
            recording = FrameRun(position, kind, sound=position)
            recordings.append(recording)
            if mark in MARKS:
                recording.promised, recording.sound = _promised(peek, position, kind), position + length
        if position >= recording.sound:
            recording.frames += 1
        position = recording.stop = position + length
    return position


def _promised(peek: Peek, position: int, kind: Kind) -> int | None:
    flags, count = struct.unpack(">II", peek.at(position + 8 + kind.side_bytes, 8))
    return count if flags & HAS_COUNT else None


def _next_frame(peek: Peek, position: int) -> int | None:
    """Return where the next frame begins; None if there is none near."""
    stop = min(position + LONGEST_SEARCH, peek.size)
    while 0 <= (position := peek.find(b"\xff", position)) < stop:
        if is_mp3(peek, position):
            return position
        position += 1
    return None


def _is_cut(peek: Peek, position: int) -> bool:
    """Return whether the bytes at the end begin a frame and do not finish it."""
    frame = frame_of(peek.at(position, 4))
    return 0 < peek.size - position < 4 or (frame is not None and position + frame[0] > peek.size)


def _part(peek: Peek, recording: FrameRun) -> Part:
    if recording.promised is None:
        return Part(
            recording.sound, recording.stop, _first_frame(peek.at(recording.sound, 4), recording.kind, recording.frames)
        )
    head = bytearray(peek.at(recording.start, recording.sound - recording.start))
    struct.pack_into(">I", head, 12 + recording.kind.side_bytes, recording.frames)
    return Part(recording.sound, recording.stop, bytes(head))


def _first_frame(head: bytes, kind: Kind, frames: int) -> bytes:
    """Return a frame without sound that announces so many: 128 kbit/s (64 in the low rates) have room for it."""
    start = bytes([0xFF, head[1] | 1, (0x90 if kind.version == 3 else 0x80) | head[2] & 0x0C, head[3]])
    frame = frame_of(start)
    assert frame is not None
    body = bytes(kind.side_bytes) + MARKS[1] + struct.pack(">II", HAS_COUNT, frames)
    return (start + body).ljust(frame[0], b"\0")
