"""Broken files go through whole commands: an output or one clear line, in little memory and time, never a fault."""

import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from command_line import CommandLine, Done
from mutations import generated_file, mutated

MOST_DATA = 512 << 20  # bytes of private memory, the interpreter's and the libraries' included
MOST_SECONDS = 10  # processor time for one command
STATUSES = {0, 65}
COMMANDS = {
    "quantize": [
        ["--step", "10ms"], ["--grid", "1/16,1/12", "--durations", "offsets"], ["--grid", "none"],
        ["--grid", "1/8", "--durations", "grid", "--swing", "0.6", "--strength", "0.5"],
        ["--step", "1ms", "--duplicate-window", "30ms", "--normalize-velocity", "file"],
    ],
    "transpose": [
        ["--to", "C"], ["--to", "f#", "--out-of-range", "drop"], ["--semitones", "-30", "--out-of-range", "fold"],
        ["--semitones", "1", "-v"],
    ],
    "features": [[], ["--format", "tsv"], ["--frames", "FOLDER/frames.npz"]],
    "evaluate": [[], ["--reference", "FOLDER/reference", "--format", "html"],
                 ["--reference", "FOLDER/reference/0.mid", "--extend-pedal"]],
}  # fmt: skip


def corpus(folder: Path) -> None:
    """Write a few whole files to be compared with."""
    (folder / "reference").mkdir()
    for number in range(1, 5):
        name = folder / "reference" / f"{number - 1}.mid"
        name.write_bytes(generated_file(number))


def fault(done: Done) -> str:
    """Return what is wrong with the end of a command, or nothing."""
    errors = [line for line in done.lines if line.startswith("maestrokit ")]
    if done.status not in STATUSES or "Traceback" in done.err or "internal error" in done.err:
        return f"status {done.status}: {done.err}"
    if done.status == 65 and not errors:
        return f"no line says why: {done.err}"
    return "" if done.status or done.out else "no output"


def fuzz(command: str, seeds: range, folder: Path) -> dict[str, object]:
    """Run the command on broken files; return how many it read, and the first fault."""
    maestrokit, read = CommandLine(pytest.MonkeyPatch()), 0
    for seed in seeds:
        dice = random.Random(seed)
        data = mutated(generated_file(dice.randrange(200)), dice)
        options = [word.replace("FOLDER", str(folder)) for word in dice.choice(COMMANDS[command])]
        repair = ["--repair"] * (dice.random() < 0.7)
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        done = maestrokit(command, "-", *options, *repair, stdin=data)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if found := fault(done):
            return {"seed": seed, "options": [*options, *repair], "fault": found, "data": data.hex()}
        read += done.status == 0
    return {"read": read}


def give_up(number: int, frame: object) -> None:
    """Handle the end of a command's time."""
    raise RuntimeError(f"more than {MOST_SECONDS} s of processor time")


def main() -> None:
    """Fuzz as the arguments say, within limits, and print what came of it as JSON."""
    command, first, stop = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        corpus(Path(folder))
        signal.signal(signal.SIGPROF, give_up)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
        print(json.dumps(fuzz(command, range(first, stop), Path(folder))))


def check(command: str, first: int, stop: int) -> None:
    """Fuzz in a process of its own, that its limits are its own."""
    process = subprocess.run(
        [sys.executable, __file__, command, str(first), str(stop)],
        capture_output=True, check=False, cwd=Path(__file__).parent, text=True,
        env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert "fault" not in found, found
    assert 0 < found["read"] < stop - first, "some are read and some are not"


@pytest.mark.parametrize("command", COMMANDS)
def test_200_broken_files_give_output_or_a_line(command: str) -> None:
    check(command, 0, 50)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_5000_broken_files_give_output_or_a_line(command: str) -> None:
    check(command, 1000, 6000)


if __name__ == "__main__":
    main()
