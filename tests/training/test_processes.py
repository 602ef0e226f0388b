"""Real processes: stopped, killed, locked out, and two that share the work; the weights are the same in the end."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from maestrokit.cli.main import run_command_line
from maestrokit.errors import ExitStatus
from maestrokit.files import checkpoint

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

SMALL = ("--set", "encoding=events", "--batch", "4", "--length", "8", "--set", "width=8", "--set", "layers=1",
         "--set", "save_every=0", "-q")  # fmt: skip
STEPS = 100


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return corpora.write_takes(tmp_path_factory.mktemp("corpus") / "takes", notes=400)


@pytest.fixture(scope="module")
def undisturbed(takes, tmp_path_factory):
    """The weights of a training that nothing disturbed."""
    run = tmp_path_factory.mktemp("whole") / "run"
    assert run_command_line(words(takes, run)) == 0
    return state(run)


def words(takes, run, *more, steps=STEPS):
    where = ["-o", str(run), "--cache", str(takes.parent / "cache"), "--device", "cpu"]
    return ["train", "lstm", str(takes), *where, "--steps", str(steps), *SMALL, *more]


def started(command, program=("-m", "maestrokit"), **environment):
    variables = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    return subprocess.Popen([sys.executable, *program, *command], env=variables)


def state(run):
    return checkpoint.read_resume(run)[0]


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def wait_for_step(run, step):
    """Wait until a training has saved so many steps, and no more than are left."""
    ends = time.monotonic() + 120
    while not checkpoint.has_resume(run) or checkpoint.read_resume(run)[1]["step"] < step:
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, ExitStatus.TERMINATED), (signal.SIGHUP, ExitStatus.HUNG_UP)]
)
def test_after_a_signal_the_same_command_goes_on_exactly(takes, undisturbed, tmp_path, number, status):
    run, old = tmp_path / "run", signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where it is ignored, as by nohup
    process = started(words(takes, run))
    signal.signal(signal.SIGHUP, old)
    wait_for_step(run, 5)
    process.send_signal(number)
    assert process.wait() == status
    assert checkpoint.read_resume(run)[1]["step"] < STEPS
    assert run_command_line(words(takes, run)) == 0
    assert same(state(run), undisturbed)


def test_after_kill_the_same_command_goes_on_exactly_and_nobody_gets_in_before(takes, undisturbed, tmp_path, capfd):
    run = tmp_path / "run"
    process = started(words(takes, run))
    wait_for_step(run, 5)
    process.send_signal(signal.SIGSTOP)  # so that it does not reach its end before it is killed
    assert run_command_line(words(takes, run)) == ExitStatus.LOCKED
    assert "in use by another training" in capfd.readouterr().err
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert checkpoint.read_resume(run)[1]["step"] < STEPS
    assert run_command_line(words(takes, run)) == 0
    assert same(state(run), undisturbed)


def test_two_processes_do_what_one_does(takes, tmp_path):
    alike = ("--dropout", "0", "--set", "precision=float32", "--set", "validate_every=4", "--set", "log_every=4")
    pair = started_pair(words(takes, tmp_path / "two", *alike, steps=10))
    assert run_command_line(words(takes, tmp_path / "one", *alike, steps=10)) == 0
    assert [process.wait() for process in pair] == [0, 0]
    single, double = state(tmp_path / "one"), state(tmp_path / "two")
    assert single["carry.hidden"].shape[1] == 4
    assert single.keys() == double.keys()
    assert all(torch.allclose(single[name], double[name], atol=1e-5) for name in single)
    logs = [checkpoint.read_log(tmp_path / name) for name in ("one", "two")]
    assert [r["loss"] for r in logs[0]] == pytest.approx([r["loss"] for r in logs[1]], abs=1e-5)


def started_pair(command):
    """Start two processes as torchrun does, without torchrun, which takes a third interpreter its time."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [started(command, RANK=rank, LOCAL_RANK=rank, **together) for rank in "01"]


PLAYERS = {
    "style": ("channels=2", "depth=1", "discriminator_channels=2", "pool=3", "validation_segments=4"),
    "latent": ("channels=2", "width=4", "depth=1", "latents=8", "vae_share=0.5", "validation_segments=2"),
    "improvise": (
        "width=8",
        "layers=1",
        "discriminator_channels=2",
        "discriminator_depth=1",
        "validation_windows=2",
        "length=16",
    ),
}

OTHERS = {"latent": {"autoencoder"}}  # groups of weights beside the two players


def gan_words(task, place, run, steps):
    sizes = [word for setting in PLAYERS[task] for word in ("--set", setting)]
    small = ("--batch", "2", "--set", "cooldown=0.0001", "-q", *sizes)
    data = [str(corpora.write_takes(place / name, notes=200, lowest=low)) for name, low in (("jazz", 60), ("pop", 48))]
    where = ["-o", str(place / run), "--cache", str(place / "cache"), "--steps", str(steps)]
    return ["train", "gan", *data, "--task", task, *where, *small]


@pytest.mark.parametrize("task", PLAYERS)
def test_two_processes_share_both_players_of_a_gan(tmp_path, task):
    assert [process.wait() for process in started_pair(gan_words(task, tmp_path, "run", 2))] == [0, 0]
    tensors, progress = checkpoint.read_resume(tmp_path / "run")
    stepped = {name.split(".")[1] for name in tensors if name.startswith("optimizer.")}
    assert progress["step"] == 2 and stepped == {"generator", "discriminator"} | OTHERS.get(task, set())
    if task == "style":
        assert tensors["carry.first"].shape[1] == 4  # a segment a step of each process


@pytest.mark.slow
@pytest.mark.parametrize("task", PLAYERS)
def test_two_processes_with_a_gan_go_on_exactly(tmp_path, task):
    for run, steps in (("whole", 6), ("cut", 4), ("cut", 6)):
        assert [process.wait() for process in started_pair(gan_words(task, tmp_path, run, steps))] == [0, 0]
    if task == "style":
        assert state(tmp_path / "whole")["carry.first"].shape[1] == 6  # a pool for each process
    assert same(state(tmp_path / "whole"), state(tmp_path / "cut"))


@pytest.mark.slow
def test_a_pair_under_torchrun_stopped_by_sigterm_goes_on_exactly(takes, tmp_path):
    program = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "maestrokit")
    assert started(words(takes, tmp_path / "whole"), program).wait() == 0
    run = tmp_path / "cut"
    process = started(words(takes, run), program)
    wait_for_step(run, 5)
    process.send_signal(signal.SIGTERM)
    process.wait()
    assert checkpoint.read_resume(run)[1]["step"] < STEPS
    assert started(words(takes, run), program).wait() == 0
    assert same(state(run), state(tmp_path / "whole"))
