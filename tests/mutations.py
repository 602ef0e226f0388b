"""Broken MIDI files, made from a seed: small files of every kind of event, and accidents that happen to bytes."""

import random

from strategies import file_bytes, track_bytes, variable_length


def generated_file(seed: int) -> bytes:
    """A small file of all kinds of events in a few tracks; one in five lasts for days or years."""
    dice = random.Random(seed)
    tracks = []
    deltas = [0, 0, 3, 200, 20_000] + [0x0FFFFFFF, 3_000_000] * (seed % 5 == 0)
    for _ in range(dice.randint(1, 3)):
        events = []
        for _ in range(dice.randint(0, 25)):
            number, value = dice.randrange(128), dice.randrange(128)
            message = dice.choice(
                [
                    bytes([0x90, number, value]),
                    bytes([0x90, 60, value]),
                    bytes([0x80, 60, value]),
                    bytes([0x90, 60, 0]),
                    bytes([0xB0, 64, value]),
                    bytes([0xC1, number]),
                    bytes([0xA0, number, value]),
                    b"\xff\x51\x03" + dice.randbytes(2) + b"\x01",
                    b"\xff\x01" + variable_length(number) + bytes(number),
                    b"\xf0\x03\x43\x12\xf7",
                    b"\xf7\x01\xf8",
                    bytes([0x99, number, value]),
                    b"\xff\x58\x04" + bytes([number, value % 9, 24, 8]),
                    b"\xff\x59\x02" + bytes([value * 2 & 0xFF, number % 2]),
                ]
            )
            events.append((dice.choice(deltas), message))
        tracks.append(track_bytes(events, running=dice.random() < 0.5))
    return file_bytes(tracks, midi_format=1, division=dice.choice([96, 480, -25 << 8 | 40]))


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Return the bytes after one to four accidents."""
    broken = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(broken) + 1)
        accident = dice.choice(["flip", "flip", "set", "cut", "insert", "delete", "repeat", "lie"])
        if accident == "flip" and place < len(broken):
            broken[place] ^= 1 << dice.randrange(8)
        elif accident == "set" and place < len(broken):
            broken[place] = dice.choice([0, 0x7F, 0x80, 0xF0, 0xF7, 0xFF])
        elif accident == "cut":
            del broken[place:]
        elif accident == "insert":
            broken[place:place] = dice.randbytes(dice.randint(1, 6))
        elif accident == "delete":
            del broken[place : place + dice.randint(1, 6)]
        elif accident == "repeat":
            broken[place:place] = broken[place : place + dice.randint(1, 40)]
        elif (found := broken.find(b"MTrk", place)) >= 0:
            lies = [0, 0xFFFFFFFF, dice.randrange(0xFFFF)]
            broken[found + 4 : found + 8] = dice.choice(lies).to_bytes(4, "big")
    return bytes(broken)
