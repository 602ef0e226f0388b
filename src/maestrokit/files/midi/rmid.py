"""MIDI files wrapped in RIFF, under the suffix ``.rmi`` (RP-029)."""

import struct


def wrapped(data: bytes) -> bytes:
    """Return a MIDI file in a RIFF container, whose one chunk it is.

    >>> wrapped(b"MThd")
    b'RIFF\\x10\\x00\\x00\\x00RMIDdata\\x04\\x00\\x00\\x00MThd'
    """
    chunk = b"data" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"RMID" + chunk
