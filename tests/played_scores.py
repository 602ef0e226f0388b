"""Scores and performances of them, made from seeds: as values, as MIDI, and as a folder in the layout of ASAP."""

from pathlib import Path

import numpy as np
import torch

from maestrokit.files import checkpoint
from maestrokit.files.midi.writer import write_midi
from maestrokit.models import contract, transformer
from maestrokit.music.event_order import reorder_events
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import TIME_SIGNATURE, Others
from maestrokit.music.scores.performance_parameters import Rendition
from maestrokit.music.scores.score import score_of

NONE = np.empty(0, np.int64)


def score_file(bars=8, *, seed=0, beats=3, tempo=500_000, meter=True, chords=True):
    """Return a score as a MIDI performance: a melody of eighths, chords on beats."""
    generator = np.random.default_rng(seed)
    eighth, notes = 240, []
    for place in range(2 * beats * bars):
        notes.append((place * eighth, eighth, 72 + int(generator.integers(-5, 6))))
        if chords and place % 2 == 0:
            notes += [(place * eighth, 2 * eighth, pitch) for pitch in (48, 52 + int(generator.integers(3)))]
    onset, length, pitch = (np.array(column, np.int64) for column in zip(*notes, strict=True))
    file = performance_from_arrays(onset, onset + length, pitch, 0 * pitch + 64, pedal_tick=NONE, pedal_value=NONE)
    file = file.replace(division=480, tempos=file.tempos.replace(microseconds_per_beat=np.array([tempo])))
    if not meter:
        return file
    message = np.empty(1, object)
    message[0] = bytes([0xFF, TIME_SIGNATURE & 0xFF, 4, beats, 2, 24, 8])
    zero = np.zeros(1, np.int64)
    return reorder_events(file.replace(others=Others(zero, zero + TIME_SIGNATURE, message, zero, zero - 1)))


def played(score, *, seed=0, quarter=0.5):
    """Return a performance of a score: rubato, melody lead, accents on bars, short notes, a pedal in each beat."""
    generator = np.random.default_rng(seed)
    notes = score.notes
    beat = notes.onset
    time = quarter * (beat + 0.3 * np.sin(beat / 3) + 0.05 * np.sin(2.3 * beat)) + 0.2
    onset = time + np.where(notes.pitch < 60, 0.02, 0.0) + generator.uniform(0, 0.008, len(notes))
    length = np.maximum(notes.duration, 0.2) * quarter * generator.uniform(0.6, 1.1, len(notes))
    velocity = np.clip(60 + 20 * (beat % 3 == 0) + generator.integers(-8, 9, len(notes)), 1, 127)
    marks = np.unique(np.floor(beat))
    down = np.interp(marks + 0.1, beat, time)
    up = np.interp(marks + 0.9, beat, time)
    pedal = np.stack([down, up], axis=1)
    return Rendition(onset, onset + length, velocity.astype(np.int64), pedal[up > down + 0.01])


def write_asap(folder, pieces=4, *, bars=8):
    """Write a folder as ASAP's: pieces of two performances each, and a table of all."""
    rows = ["composer,title,folder"]
    for piece in range(pieces):
        place = Path(folder) / "Bach" / f"piece{piece}"
        place.mkdir(parents=True)
        file = score_file(bars, seed=piece)
        score = score_of(file)
        write_midi(file, place / "midi_score.mid")
        beats = np.arange(3 * bars)
        write_beats(place / "midi_score_annotations.txt", beats * 0.5)
        rows.append(f"Bach,piece{piece},Bach/piece{piece}")
        for number in range(2):
            notes = played(score, seed=number, quarter=0.5 + 0.1 * number)
            write_beats(place / f"take{number}_annotations.txt", np.interp(beats, score.notes.onset, notes.onset))
            write_played(place / f"take{number}.mid", score, notes)
            write_table(place / f"take{number}_score_notes.tsv", score, notes)
    (Path(folder) / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Path(folder)


def write_beats(path, times):
    """Write annotated beats in bars of three."""
    names = ["db,3/4,0" if number == 0 else "db" if number % 3 == 0 else "b" for number in range(len(times))]
    path.write_text("".join(f"{t}\t{t}\t{name}\n" for t, name in zip(times, names, strict=True)), encoding="utf-8")


def write_played(path, score, notes):
    """Write a performance as MIDI in milliseconds."""
    onset, offset = (np.rint(1000 * part).astype(np.int64) for part in (notes.onset, notes.offset))
    tick = np.rint(1000 * notes.pedal.ravel()).astype(np.int64)
    value = np.tile([127, 0], len(notes.pedal))
    write_midi(
        performance_from_arrays(onset, offset, score.notes.pitch, notes.velocity, pedal_tick=tick, pedal_value=value),
        path,
    )


def write_table(path, score, notes):
    """Write the table of the place in the score of each note."""
    names = ("onset", "offset", "pitch", "velocity", "score_onset_beats", "score_duration_beats", "note_value")
    lines = ["\t".join((*names, "staff", "grace"))]
    for row in np.argsort(notes.onset, kind="stable"):
        duration = score.notes.duration[row]
        value = {0.5: "1/8", 1.0: "1/4"}[float(duration)]
        times = f"{notes.onset[row]:.4f}\t{notes.offset[row]:.4f}"
        place = f"{score.notes.onset[row]:g}\t{duration:g}\t{value}\t\t0"
        lines.append(f"{times}\t{score.notes.pitch[row]}\t{notes.velocity[row]}\t{place}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def saved_performer(folder, *, seed=0, family=transformer, **settings):
    """Write a model of performances that nobody trained, of which every layer adds something."""
    torch.manual_seed(seed)
    sizes = {"width": 16, "layers": 1, **({"heads": 2, "hidden": 24} if family is transformer else {})}
    config = family.Config(vocabulary=1, encoding="performance", **sizes, **settings)
    model = contract.new_model(family, config)
    for name, parameter in model.named_parameters():
        if "conditions" in name or "output" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    folder = Path(folder)
    folder.mkdir()
    about = {"family": family.__name__.rpartition(".")[2], "task": "performance", "model": contract.settings_of(config)}
    checkpoint.write_config(folder, {**about, "classes": {"composer": ["other", "Bach", "Chopin"]}, "meter": True})
    checkpoint.write_weights(folder, model.state_dict())
    return folder
