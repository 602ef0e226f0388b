"""Write continuations of stretches of MAESTRO by a model of notes, from which a critic learns to distinguish people's.

Example::

    python tools/continuations.py maestro-v3.0.0 -o generated --prompts 240

Prompts are stretches of performances, evenly chosen from a split, each from a random place; every tenth is empty, so
that a critic also sees music without a prompt. ``OUT/N/NAME.mid`` is the N-th continuation of performance NAME: files
of one name are split into training and validation together. A continuation ends all its notes at once, which people do
not, so some more seconds are generated and left out.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from maestrokit.files.atomic import write_bytes
from maestrokit.files.datasets import maestro
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.inference.generation.notes import NoteRequest, generate_notes
from maestrokit.inference.model_kinds import is_of_notes
from maestrokit.inference.notes_to_performance import performance_of
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.encodings.events import Encoding, encode
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes

FROM_NOTHING = 10  # one of so many has no prompt
LEFT_OUT = 6.0  # seconds at the end


def stretch(notes: StepNotes, steps: int, generator: np.random.Generator) -> StepNotes:
    """Return the notes of a stretch of a performance from a random note on, which is at step 0.

    >>> notes = StepNotes(*(np.array(column) for column in ([5, 20, 90], [9, 25, 95], [60, 62, 64], [3, 3, 3])))
    >>> stretch(notes, 30, np.random.default_rng(0)).onset.tolist()
    [0, 15]
    """
    last = max(int(notes.onset[-1]) - steps, int(notes.onset[0]))
    first = int(np.searchsorted(notes.onset, generator.integers(notes.onset[0], last + 1)))
    start = notes.onset[first]
    part = notes.select((notes.onset >= start) & (notes.onset < start + steps))
    return part._replace(onset=part.onset - start, offset=part.offset - start)


def prompts(
    paths: Sequence[Path], encoding: Encoding, *, seconds: float, seed: int
) -> Iterator[tuple[Path, StepNotes]]:
    """Yield the path of each performance with its prompt, which some have not."""
    for row, path in enumerate(paths):
        generator = np.random.default_rng([seed, row])
        notes = note_sequence(encode(read_midi(path), encoding), encoding)
        prompt = stretch(notes, round(seconds / encoding.step), generator)
        yield path, NO_NOTES if row % FROM_NOTHING == FROM_NOTHING - 1 else prompt


def trimmed(notes: StepNotes, steps: int) -> StepNotes:
    """Return the notes that begin within so many steps of the first, which is moved to step 0."""
    start = notes.onset[0] if len(notes.onset) else 0
    notes = notes.select(notes.onset < start + steps)
    return notes._replace(onset=notes.onset - start, offset=notes.offset - start)


def main() -> None:
    """Write the continuations that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="a MAESTRO root")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")
    parser.add_argument("--model", default="transformer", help="name or run folder")
    parser.add_argument("--split", default="train", help="part of MAESTRO that prompts are from")
    parser.add_argument("--prompts", type=int, default=240, help="performances that are continued")
    parser.add_argument("--count", type=int, default=4, help="continuations of each")
    parser.add_argument("--prompt-seconds", type=float, default=20.0, help="length of a prompt")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a continuation")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    model, encoding, sampling = load_event_model(options.model)
    if not is_of_notes(model):
        parser.error(f"'{options.model}' is no model of notes")
    table = maestro.table_path(options.root)
    if table is None:
        parser.error(f"no MAESTRO at '{options.root}'")
    names = [entry.midi_filename for entry in maestro.select(maestro.read_table(table), split=options.split)]
    chosen = np.unique(np.linspace(0, len(names) - 1, options.prompts).astype(np.int64))
    paths = [options.root / names[row] for row in chosen]
    prompted = prompts(paths, encoding, seconds=options.prompt_seconds, seed=options.seed)
    for row, (path, prompt) in enumerate(prompted):
        steps = round(options.seconds / encoding.step)
        request = NoteRequest(steps + round(LEFT_OUT / encoding.step), prompt)
        seed = options.seed + row
        generated = generate_notes(model, encoding, request, sampling=sampling, count=options.count, seed=seed)
        for number, notes in enumerate(generated):
            target = options.output / str(number + 1) / f"{path.stem}.mid"
            target.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(target, dump_midi(performance_of(trimmed(notes, steps), encoding)))


if __name__ == "__main__":
    main()
