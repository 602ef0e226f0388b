"""What :mod:`fit_sampling` compares: pieces that a model makes, with prompts and without, and people's."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.inference.generation.notes import NoteRequest, generate_notes
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.sequence_model import SequenceModel
from maestrokit.metrics.piece import Piece, notes_in_seconds, piece_of
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding, decode, encode_notes
from maestrokit.music.encodings.key_state import MEMORIES
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import StepNotes

PROMPT = 20.0  # seconds
Generate = Callable[[NoteSampling, int], list[StepNotes]]
"""Pieces by a sampling, and of a seed."""


def density(pieces: Sequence[StepNotes], encoding: Encoding) -> float:
    """Return the mean notes a second of pieces, from the first onset to the last end of each."""
    pieces = [notes for notes in pieces if len(notes.pitch)]
    return float(np.mean([len(p.pitch) / ((p.offset.max() - p.onset[0]) * encoding.step) for p in pieces]))


def density_within(pieces: Sequence[StepNotes], seconds: float) -> float:
    """Return the mean notes a second of pieces that last so long, whatever is silent."""
    return float(np.mean([len(notes.pitch) for notes in pieces])) / seconds


def densest(pieces: Sequence[StepNotes], encoding: Encoding) -> float:
    """Return the notes a second, by the longest memory of the keys, that 95 % of all notes do not exceed."""
    densities = []
    for notes in pieces:
        memory = 0.0
        for share in np.exp(-np.diff(notes.onset, prepend=0) * encoding.step / MEMORIES[-1]).tolist():
            memory = 1 + share * memory
            densities.append(memory / MEMORIES[-1])
    return float(np.quantile(densities, 0.95))


class Continuation(NamedTuple):
    """A part of a performance, whose first note is at step 0, and how people went on."""

    prompt: StepNotes
    people: StepNotes


def continuations(held_out: TokenShard, seconds: float, encoding: Encoding) -> Iterator[Continuation]:
    """Yield a prompt from a random place of each performance that is long enough, and what followed its last note."""
    generator, prompt = np.random.default_rng(0), round(PROMPT / encoding.step)
    for index in range(len(held_out)):
        notes = note_sequence(held_out.sequence(index), encoding)
        last = int(notes.onset[-1]) - prompt - round(seconds / encoding.step)
        if last > notes.onset[0]:
            starts = notes.onset[(notes.onset >= generator.integers(notes.onset[0], last)) & (notes.onset <= last)]
            start = starts[0] if len(starts) else notes.onset[0]
            notes = notes._replace(onset=notes.onset - start, offset=notes.offset - start)
            given = notes.select((notes.onset >= 0) & (notes.onset < prompt))
            given = given._replace(offset=np.minimum(given.offset, prompt))
            yield Continuation(given, _after(notes, given, round(seconds / encoding.step)))


def _after(notes: StepNotes, given: StepNotes, steps: int) -> StepNotes:
    """Return the notes after the last that is given, so many steps long."""
    end = int(given.onset[-1]) + steps
    after = notes.select((notes.onset > given.onset[-1]) & (notes.onset < end))
    return after._replace(offset=np.minimum(after.offset, end))


def without_prompts(loaded: SequenceModel, *, count: int, seconds: float) -> Generate:
    """Return what generates so many pieces without a prompt."""
    request = NoteRequest(round(seconds / loaded.encoding.step))

    def pieces(sampling: NoteSampling, seed: int) -> list[StepNotes]:
        return generate_notes(_of_notes(loaded), loaded.encoding, request, sampling=sampling, count=count, seed=seed)

    return pieces


def after_prompts(loaded: SequenceModel, prompts: Sequence[StepNotes], *, seconds: float) -> Generate:
    """Return what generates how a model goes on after each prompt."""
    steps = round(seconds / loaded.encoding.step)

    def pieces(sampling: NoteSampling, seed: int) -> list[StepNotes]:
        new = []
        for row, prompt in enumerate(prompts):
            (notes,) = generate_notes(
                _of_notes(loaded), loaded.encoding, NoteRequest(steps, prompt), sampling=sampling, count=1,
                seed=seed * len(prompts) + row,
            )  # fmt: skip
            new.append(_after(notes, prompt, steps))
        return new

    return pieces


def _of_notes(loaded: SequenceModel) -> NoteModel:
    if not isinstance(loaded.model, NoteModel):
        raise UsageError("only the sampling of a model of notes is fitted")
    return loaded.model


def as_piece(notes: StepNotes, encoding: Encoding) -> Piece:
    """Return notes as metrics see them."""
    return piece_of(decode(encode_notes(notes, encoding), encoding))


def minute(piece: Piece, seconds: float, generator: np.random.Generator) -> Piece:
    """Return a stretch of a piece that begins with a note, from anywhere in it."""
    start = generator.uniform(piece.onset[0], max(piece.onset[-1] - seconds, piece.onset[0]))
    start = piece.onset[np.searchsorted(piece.onset, start)]
    part = piece.select((piece.onset >= start) & (piece.onset < start + seconds))
    return notes_in_seconds(part.onset - start, part.offset - start, part.pitch, part.velocity)


def minutes(shard: TokenShard, count: int, seconds: float, encoding: Encoding) -> list[Piece]:
    """Return stretches of so many pieces, evenly chosen."""
    chosen, generator = np.linspace(0, len(shard) - 1, min(count, len(shard))).astype(int), np.random.default_rng(0)
    pieces = (piece_of(decode(shard.sequence(index), encoding)) for index in chosen.tolist())
    return [minute(piece, seconds, generator) for piece in pieces]
