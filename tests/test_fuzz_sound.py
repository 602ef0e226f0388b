"""Broken recordings end in a spectrum or in one clear line with status 65, whatever is broken."""

import io
import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from command_line import CommandLine

FORMATS = {"flac": ("FLAC", "PCM_16"), "wav": ("WAV", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", None)}
SEEDS = [range(5), pytest.param(range(5, 60), marks=pytest.mark.slow)]  # of the accidents to each format
QUICK = ("--mels", 20, "--hop-samples", 4000, "--format", "npy")


@cache
def recording(suffix: str) -> bytes:
    """A third of a second of a decaying tone with noise, in stereo."""
    time = np.arange(5000) / 16000
    tone = 0.3 * np.sin(2 * np.pi * 440 * time) * np.exp(-3 * time)
    noise = np.random.default_rng(0).standard_normal((5000, 2))
    kind, subtype = FORMATS[suffix]
    buffer = io.BytesIO()
    soundfile.write(buffer, tone[:, None] + 0.001 * noise, 16000, format=kind, subtype=subtype)
    return buffer.getvalue()


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Return the bytes after one to four accidents, half of them in the first hundred bytes."""
    broken = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(min(100, len(broken)) if dice.random() < 0.5 else len(broken))
        accident = dice.choice(["flip", "flip", "set", "cut", "insert", "delete", "repeat"])
        if accident == "flip":
            broken[place] ^= 1 << dice.randrange(8)
        elif accident == "set":
            broken[place : place + 4] = dice.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"])
        elif accident == "cut":
            del broken[max(place, 1) :]
        elif accident == "insert":
            broken[place:place] = dice.randbytes(dice.randint(1, 6))
        elif accident == "delete" and len(broken) > 10:
            del broken[place : place + dice.randint(1, 6)]
        else:
            broken[place:place] = broken[place : place + dice.randint(1, 40)]
    return bytes(broken)


@pytest.mark.parametrize("seeds", SEEDS, ids=["some", "many"])
@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_mutations_are_read_or_refused_in_one_line(
    maestrokit: CommandLine, tmp_path: Path, suffix: str, seeds: range
) -> None:
    statuses = []
    path = tmp_path / f"broken.{suffix}"
    for seed in seeds:
        path.write_bytes(mutated(recording(suffix), random.Random(seed)))
        done = maestrokit("melspec", path, *QUICK)
        assert done.status in (0, 65), (seed, done.err)
        notes = [line for line in done.lines if line.startswith(f"note: '{path}': ")]
        fault = done.lines[len(notes) :]
        assert len(notes) <= 1, (seed, done.err)
        if done.status == 0:
            assert np.isfinite(np.load(io.BytesIO(done.out))).all()
            assert fault == [], (seed, done.err)
        else:
            assert done.out == b""
            assert f"cannot read '{path}': " in fault[0]
            assert len(fault) <= 2  # the fact, and what helps
        statuses.append(done.status)
    assert 65 in statuses


@pytest.mark.parametrize("suffix", ["flac", "wav", "ogg"])
def test_truncated_at_any_place_is_refused(maestrokit: CommandLine, tmp_path: Path, suffix: str) -> None:
    data = recording(suffix)
    path = tmp_path / f"cut.{suffix}"
    for part in (0, 0.01, 0.2, 0.6, 0.97):
        path.write_bytes(data[: int(part * len(data))])
        done = maestrokit("melspec", path, *QUICK)
        assert done.status == 65, (part, done.err)
        assert done.out == b""


def test_a_batch_goes_on_past_broken_recordings(maestrokit: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "takes").mkdir()
    for number, suffix in enumerate(sorted(FORMATS)):
        (tmp_path / "takes" / f"{number}.{suffix}").write_bytes(recording(suffix))
        (tmp_path / "takes" / f"{number}-cut.{suffix}").write_bytes(recording(suffix)[:40])
    done = maestrokit("melspec", tmp_path / "takes", *QUICK[:-2], "-d", tmp_path / "out")
    assert done.status == 65
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{n}.npz" for n in range(4)]
