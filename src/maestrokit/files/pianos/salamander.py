"""The Salamander Grand Piano's folder of samples: one file a note and velocity layer, ``F#4v10.ogg``."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from maestrokit.errors import BadDataError
from maestrokit.synth.note_onset import onset_sample
from maestrokit.synth.piano import LOUDNESS, Piano, RecordedNote, Waveform, nearest_keys

NOTE_FILE = re.compile(r"([A-G]#?)(\d)v(\d+)\.(?:ogg|flac|wav)", re.IGNORECASE)
RELEASE_FILE = re.compile(r"rel(\d+)\.(?:ogg|flac|wav)", re.IGNORECASE)
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LOWEST_KEY = 21  # of the release numbered 1
HIGHEST_VELOCITY = (26, 34, 36, 43, 46, 50, 56, 64, 72, 80, 88, 96, 104, 112, 120, 127)  # of layers 1 to 16
ATTACK = 0.7  # seconds that are measured
PRE_ROLL = 0.001  # seconds kept before the onset
LATENESS = 0.0013  # seconds by which notes sound late in the median where they are cut PRE_ROLL before the onset
ALIGNMENT = 0.004  # seconds by which two layers are at most shifted to match
LONGEST = 14.0  # seconds of a note that are used
SILENCE = 10 ** (-70 / 20)  # against the loudest part of a note; the note ends there
FADE = 0.3  # seconds


@dataclass(frozen=True)
class _Attack:
    """What is known of one file from its first moments."""

    path: Path
    first: int
    """Sample at which the note begins."""
    sample_rate: int
    level: float
    """dB."""
    sound: Waveform


def read_salamander(folder: Path) -> Piano:
    """Return the piano of a folder of samples, at any depth; the npm packages ``@audio-samples/piano-*`` are such.

    Notes begin 8 to 30 ms into their files: they are cut at the onset. Neighbouring velocity layers are aligned by
    cross-correlation, so that a crossfade does not cancel. Levels are evened: each recording is brought to a smooth
    curve over pitch, and velocity alone decides on loudness.
    """
    paths = sorted(path for path in folder.rglob("*") if NOTE_FILE.fullmatch(path.name))
    if not paths:
        fact = f"cannot read samples in '{folder}': no files named as 'F#4v10.ogg'"
        hint = "the folder should hold the Salamander Grand Piano; `samples` can also be a soundfont (.sf2, .sf3)"
        raise BadDataError(fact, hint, path=str(folder))
    numbers = sorted({_layer_and_pitch(path)[0] for path in paths})
    attacks = _aligned({_layer_and_pitch(path): _attack(path) for path in paths})
    gains = _gains(attacks)
    recordings: list[RecordedNote] = []
    recorded: dict[tuple[float, int], tuple[int, float]] = {}
    for (number, pitch), attack in attacks.items():
        velocity = _velocity(number, numbers)
        recorded[velocity, pitch] = len(recordings), gains[number, pitch]
        recordings.append(RecordedNote(pitch, attack.sample_rate, partial(_note, attack.path, attack.first)))
    return Piano(tuple(recordings), nearest_keys(recorded), _releases(folder))


def _layer_and_pitch(path: Path) -> tuple[int, int]:
    """Return layer number and pitch of a file."""
    name, octave, number = NOTE_FILE.fullmatch(path.name).groups()  # type: ignore[union-attr]
    return int(number), NAMES.index(name.upper()) + 12 * (int(octave) + 1)


def _velocity(number: int, numbers: list[int]) -> float:
    """Return the velocity in the middle of a layer; layers of an unknown set are spread evenly."""
    if numbers[-1] > len(HIGHEST_VELOCITY):
        return 127 * (numbers.index(number) + 0.5) / len(numbers)
    lowest = HIGHEST_VELOCITY[number - 2] + 1 if number > 1 else 1
    return (lowest + HIGHEST_VELOCITY[number - 1]) / 2


def _read(path: Path, *, first: int = 0, samples: int = -1) -> Waveform:
    with _decoding(path):
        sound, _ = soundfile.read(path, samples, first, dtype="float32", always_2d=True)
    return np.ascontiguousarray(sound.T)


def _sample_rate(path: Path) -> int:
    with _decoding(path):
        return int(soundfile.info(path).samplerate)


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    try:
        yield
    except soundfile.LibsndfileError as error:
        fact = f"cannot read sample '{path}': {str(error.error_string).rstrip('.').lower()}"
        raise BadDataError(fact, "fetch the samples again", path=str(path)) from error


def _attack(path: Path) -> _Attack:
    rate = _sample_rate(path)
    sound = _read(path, samples=int(ATTACK * rate))
    onset = onset_sample(sound, sample_rate=rate)
    body = sound[:, onset : onset + rate // 2]
    return _Attack(path, onset, rate, float(10 * np.log10((body**2).mean() + 1e-12)), sound)


def _aligned(attacks: dict[tuple[int, int], _Attack]) -> dict[tuple[int, int], _Attack]:
    """Return the attacks, each layer moved to match the layer above it."""
    aligned: dict[tuple[int, int], _Attack] = {}
    above: dict[int, _Attack] = {}
    for (number, pitch), attack in sorted(attacks.items(), reverse=True):
        can_match = pitch in above and above[pitch].sample_rate == attack.sample_rate
        shift = _shift(above[pitch], attack) if can_match else 0
        aligned[number, pitch] = above[pitch] = replace(attack, first=max(attack.first + shift, 0))
    return _centred(attacks, aligned)


def _centred(
    measured: dict[tuple[int, int], _Attack], aligned: dict[tuple[int, int], _Attack]
) -> dict[tuple[int, int], _Attack]:
    """Return the aligned attacks, those of each pitch moved together so that they are as often early as late."""
    centred = dict(aligned)
    for pitch in {pitch for _, pitch in aligned}:
        layers = [layer for layer in aligned if layer[1] == pitch]
        early = [measured[layer].first - aligned[layer].first for layer in layers]
        move = (min(early) + max(early)) // 2 + round(LATENESS * aligned[layers[0]].sample_rate)
        for layer in layers:
            centred[layer] = replace(aligned[layer], first=max(aligned[layer].first + move, 0))
    return centred


def _shift(reference: _Attack, attack: _Attack) -> int:
    """Return by how many samples later an attack should be cut so as to match the reference best."""
    reach = int(ALIGNMENT * attack.sample_rate)
    span = int(0.08 * attack.sample_rate)
    fixed = reference.sound[-1, reference.first : reference.first + span]
    start = attack.first - reach
    moving = attack.sound[-1, max(start, 0) : attack.first + span + reach]
    moving = np.concatenate([np.zeros(max(-start, 0), np.float32), moving])
    return int(np.argmax(np.correlate(moving, fixed, "valid"))) - reach


def _gains(attacks: dict[tuple[int, int], _Attack]) -> dict[tuple[int, int], float]:
    """Return the gain of each recording that gives it the level it should have at velocity 127."""
    loudest = max(number for number, _ in attacks)
    top = {pitch: attack.level for (number, pitch), attack in attacks.items() if number == loudest}
    degree = min(3, len(top) - 1)
    curve = np.polynomial.Polynomial.fit(list(top), list(top.values()), degree) if degree else (lambda _: 0.0)
    return {
        (number, pitch): float(10 ** ((LOUDNESS + curve(pitch) - curve(60) - attack.level) / 20))
        for (number, pitch), attack in attacks.items()
    }


def _note(path: Path, first: int) -> Waveform:
    """Return one note from its onset to where it has died away, faded in and out."""
    rate = _sample_rate(path)
    lead = min(first, int(PRE_ROLL * rate))
    sound = _read(path, first=first - lead, samples=int(LONGEST * rate))
    power = (sound**2).mean(axis=0)
    hop = rate // 10
    loudness = np.sqrt(np.add.reduceat(power, np.arange(0, len(power), hop)) / hop)
    length = min((int(np.flatnonzero(loudness > SILENCE * loudness.max())[-1]) + 1) * hop, sound.shape[1])
    sound = sound[:, :length]
    fade = min(int(FADE * rate), length // 2)
    sound[:, length - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    sound[:, :lead] *= np.linspace(0, 1, lead, dtype=np.float32)
    return sound


def _releases(folder: Path) -> dict[int, RecordedNote]:
    releases = {}
    for path in sorted(folder.rglob("rel*")):
        if match := RELEASE_FILE.fullmatch(path.name):
            key = int(match[1]) + LOWEST_KEY - 1
            releases[key] = RecordedNote(key, _sample_rate(path), partial(_read, path))
    return releases
