"""Compare the outputs of two source trees of maestrokit, byte by byte.

Example::

    python tools/compare_outputs.py OLD/src NEW/src DATA [CASE ...]

Runs the cases below, or those named, once with each tree, over a small sample of the corpora under DATA
(maestro-v3.0.0, asap, pop909, maps, recordings), prints a line a case, and ends with 1 if an output differs. Compared
are exit statuses, standard output and every file that a command leaves; standard error is not, since messages may be
reworded, nor are the times of ``log.jsonl``. A case whose command fails counts as different, since it compares nothing.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPORA = {"maestro": ("maestro-v3.0.0", 2), "asap": ("asap", 3), "pop909": ("pop909", 3)}
"""Folders of MIDI files, and how many of each are taken."""
SOUNDS = {"maps": ("maps", 1), "recordings": ("recordings", 2)}
"""Folders of FLAC files, and how many of the smallest are taken."""
TRAINING_OPTIONS = "--set precision=float32 --set validate_every=0 --device cpu --seed 5 --steps 3 --batch 2"
CASES = {
    "quantize-step": "quantize midi --step 10ms -d out",
    "quantize-grid": "quantize midi --grid 1/16,1/12 --strength 0.8 --swing 0.6 --normalize-velocity corpus -d out",
    "quantize-beats": "quantize midi/asap-0.mid --beats track --grid 1/16 -o out/beats.mid",
    "quantize-stdout": "quantize midi/pop909-0.mid --step 5ms --keep-duplicates --keep-overlaps",
    "transpose-key": "transpose midi --to C --out-of-range fold --report out/report.jsonl -d out",
    "transpose-semitones": "transpose midi --semitones 3 --out-of-range drop -d out",
    "transpose-augment": "transpose midi/asap-1.mid --augment -1..1 -d out",
    "melspec": "melspec sound -d out",
    "melspec-npy": "melspec sound/maps-0.flac --spectrum stft --chunks 10s -o out/stft.npy",
    "melspec-cqt": "melspec sound/recordings-0.flac --spectrum cqt -o out/cqt.safetensors",
    "melspec-picture": "melspec sound/recordings-0.flac -o out/mel.png",
    "melspec-augment": "melspec sound/recordings-0.flac --copies 2 --pitch-shift -1..1 --time-stretch 0.9..1.1"
    " --reverb 0.2s..0.5s --noise 20..30 --compress 1..3 --seed 3 -d out",
    "features-notes": "features midi -o out/notes.jsonl",
    "features-frames": "features midi/asap-1.mid -o out/one.json --frames out/series.npz",
    "features-table": "features midi --format tsv",
    "features-sound": "features sound -o out/sound.jsonl",
    "features-picture": "features midi/asap-0.mid -o out/one.json --plot out/roll.png",
    "transcribe": "transcribe sound --tempo track -d out",
    "transcribe-table": "transcribe sound/recordings-0.flac --pedal extend -o out/notes.tsv --plot out/notes.png",
    "transcribe-arrays": "transcribe sound/maps-0.flac --onset-threshold 0.4 -o out/notes.npz",
    "generate": "generate --duration 10s --seed 7 -o out/new.mid",
    "generate-prompt": "generate midi/maestro-0.mid --prompt-seconds 5 --duration 5s --seed 1 --top-p 0.9"
    " --count 2 -d out",
    "generate-lstm": "generate --model lstm --duration 5s --seed 2 --temperature 0.9 -o out/new.mid",
    "evaluate-sets": "evaluate midi --reference midi --sets --seed 1 -o out/scores.tsv",
    "evaluate-pairs": "evaluate midi/asap-0.mid --reference midi/asap-0.mid --pairs --format jsonl",
    "evaluate-page": "evaluate midi --reference midi --sets --seed 1 -o out/scores.html",
    "evaluate-model": "evaluate --model transformer midi/pop909-0.mid --limit 200",
    "render": "render midi/asap-2.mid -o out/piano.wav",
    "render-hall": "render midi/pop909-1.mid --room hall --channels 1 --sample-rate 22050 -o out/piano.flac",
    "render-ogg": "render midi/pop909-2.mid --gain -3 -o out/piano.ogg",
    "train-transformer": f"train transformer midi -o out/run {TRAINING_OPTIONS} --length 64 --plot out/curves.png",
    "train-lstm": f"train lstm midi -o out/run {TRAINING_OPTIONS} --length 64 --set encoding=events",
    "train-cnn": f"train cnn midi -o out/run {TRAINING_OPTIONS} --length 100 --set renders=4 --set render_seconds=4",
}


def main() -> None:
    """Run the cases and exit with 1 if an output differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, text in (("old", "src of the one tree"), ("new", "src of the other"), ("data", "folder of the corpora")):
        parser.add_argument(name, help=text)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="cases to run; default is all")
    arguments = parser.parse_args()
    old, new, data, names = arguments.old, arguments.new, arguments.data, arguments.cases
    unknown = [name for name in names if name not in CASES]
    if unknown:
        sys.exit(f"no case '{unknown[0]}'; there are {', '.join(CASES)}")
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        sample = copy_sample(Path(data), Path(scratch) / "sample")
        for name in names or CASES:
            start = time.monotonic()
            differences = list(compare(name, Path(old).resolve(), Path(new).resolve(), sample, Path(scratch)))
            failures += bool(differences)
            print(f"{'DIFFERS' if differences else 'equal  '} {name} ({time.monotonic() - start:.0f} s)", flush=True)
            print("".join(f"        {difference}\n" for difference in differences), end="", flush=True)
    print(f"{failures} of {len(names or CASES)} cases differ")
    sys.exit(failures > 0)


def copy_sample(data: Path, sample: Path) -> Path:
    """Copy a few files of each corpus to ``midi`` and ``sound``, under names that both trees see; return the folder."""
    for kind, suffixes, corpora in (("midi", (".mid", ".midi"), CORPORA), ("sound", (".flac",), SOUNDS)):
        (sample / kind).mkdir(parents=True)
        for name, (folder, count) in corpora.items():
            paths = sorted(path for path in (data / folder).rglob("*") if path.suffix in suffixes)
            if len(paths) < count:
                sys.exit(f"'{data / folder}' holds {len(paths)} files of {' or '.join(suffixes)}; {count} are needed")
            by_size = sorted(paths, key=lambda path: (path.stat().st_size, path))
            step = max(len(by_size) // 8, 1) if kind == "midi" else 1  # performances of several lengths, none very long
            for number in range(count):
                shutil.copy(by_size[number * step], sample / kind / f"{name}-{number}{suffixes[0]}")
    return sample


def compare(name: str, old: Path, new: Path, sample: Path, scratch: Path) -> Iterator[str]:
    """Run a case with both trees; yield what differs."""
    results = []
    for label, source in (("old", old), ("new", new)):
        folder = scratch / name / label
        shutil.copytree(sample, folder)
        (folder / "out").mkdir()
        results.append((folder, run(source, CASES[name].split(), folder, scratch / f"cache-{label}")))
    (old_folder, before), (new_folder, after) = results
    if before.returncode or after.returncode:
        yield f"exit status {before.returncode} and {after.returncode}: {last_line(before)} / {last_line(after)}"
    if before.stdout != after.stdout:
        yield "standard output"
    old_files, new_files = outputs(old_folder), outputs(new_folder)
    if not (before.stdout or old_files):
        yield "no output to compare"
    yield from (
        f"{path}: only in {'old' if path in old_files else 'new'}" for path in old_files.keys() ^ new_files.keys()
    )
    for path in sorted(old_files.keys() & new_files.keys()):
        if contents(old_files[path]) != contents(new_files[path]):
            yield f"{path}: {old_files[path].stat().st_size} and {new_files[path].stat().st_size} bytes"
    shutil.rmtree(scratch / name)


def run(source: Path, arguments: list[str], folder: Path, cache: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a command line of one tree in a folder, with one thread and no settings but those given."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAESTROKIT_")}
    environment |= {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", "XDG_CACHE_HOME": str(cache)}
    environment |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
    command = [sys.executable, "-m", "maestrokit", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)


def last_line(process: subprocess.CompletedProcess[bytes]) -> str:
    """Return the last line of a command's standard error."""
    return (process.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]


def outputs(folder: Path) -> dict[str, Path]:
    """Return what a command has left, by its path in the folder."""
    return {str(path.relative_to(folder)): path for path in sorted((folder / "out").rglob("*")) if path.is_file()}


def contents(path: Path) -> Any:
    """Return what is compared of a file: its bytes, but for the seconds that training took."""
    data = path.read_bytes()
    if path.name == "resume.safetensors":
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        return json.loads(header.pop("__metadata__")["progress"]) | {"seconds": 0}, header, data[8 + length :]
    if path.name == "log.jsonl":
        return [json.loads(line) | {"seconds": 0} for line in data.splitlines()]
    return data


if __name__ == "__main__":
    main()
