"""Networks run where they are told to: the processor is the reference, and a GPU gives the same up to rounding."""

import platform
import subprocess
import sys

import numpy as np
import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.inference.device import find_device
from maestrokit.inference.generation.events import GenerationConfig, generate
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.note_models.torch_steps import TorchBodyStep
from maestrokit.inference.perplexity import surprisals
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.inference.transcription.transcriber import posteriors_of_levels, read_transcriber
from maestrokit.music.encodings.events import encode_notes
from small_models import saved_lstm, saved_transcriber
from small_note_models import EACH, ENCODING, model, notes, saved

ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: its results are not compared")


@EACH
def test_steps_of_layers_where_they_are_equal_those_in_numpy(family):
    body, generator = model(family).body, np.random.default_rng(0)
    vectors = generator.normal(size=(12, 3, 16)).astype(np.float32)
    onset = generator.integers(0, 20, (12, 3)).cumsum(0)
    with torch.inference_mode():
        state, same = (body.initial_state(3, length=20) for _ in range(2))
    steps, reference = TorchBodyStep(body, state), body.layer_stepper(same)
    stays = np.array([True, False, True])
    for place in range(12):
        x, at = vectors[place], onset[place]
        if place >= 6:
            x, at = x[stays], at[stays]
        if place == 6:
            steps.keep(stays)
            reference.keep(stays)
        np.testing.assert_allclose(steps(x, at), reference(x, at), rtol=1e-3, atol=1e-4)


def test_devices_have_names():
    assert find_device("cpu") == torch.device("cpu")
    assert find_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(UsageError, match="no device 'gpu'"):
        find_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="sees no GPU"):
            find_device("cuda")


@ON_GPU
@EACH
def test_notes_of_a_gpu_are_those_of_the_processor(family, tmp_path):
    folder = str(saved(tmp_path / "run", model(family), family))
    on_cpu, on_gpu = (load_event_model(folder, device=device).model for device in ("cpu", "cuda"))
    sequence = encode_notes(notes(60), ENCODING)
    (expected,), (found,) = (list(surprisals(network, [sequence], ENCODING)) for network in (on_cpu, on_gpu))
    assert found.nats == pytest.approx(expected.nats, rel=1e-3)
    greedy = GenerationConfig(2.0, 2, 0).with_sampling(NoteSampling(), {"temperature": 0.0})
    first, second = (generate(network, ENCODING, greedy) for network in (on_cpu, on_gpu))
    assert first[0][:20].tolist() == second[0][:20].tolist()


@ON_GPU
def test_events_of_a_gpu_are_those_of_the_processor(tmp_path):
    folder = str(saved_lstm(tmp_path / "run"))
    on_cpu, on_gpu = (load_event_model(folder, device=device).model for device in ("cpu", "cuda"))
    sequence = encode_notes(notes(60), ENCODING)
    (expected,), (found,) = (list(surprisals(network, [sequence], ENCODING)) for network in (on_cpu, on_gpu))
    assert found.nats == pytest.approx(expected.nats, rel=1e-3)
    assert len(generate(on_gpu, ENCODING, GenerationConfig(1.0))[0]) > 1


@ON_GPU
def test_posteriors_of_a_gpu_are_those_of_the_processor(tmp_path):
    folder = saved_transcriber(tmp_path / "run", pedal=True)
    levels = np.random.default_rng(0).normal(-40, 10, (200, 229)).astype(np.float32)
    on_cpu, on_gpu = (
        list(posteriors_of_levels([levels], read_transcriber(folder, device=device))) for device in ("cpu", "cuda")
    )
    for expected, found in zip(on_cpu, on_gpu, strict=True):
        np.testing.assert_allclose(expected.keys, found.keys, atol=1e-3)
        np.testing.assert_allclose(expected.pedal, found.pedal, atol=1e-3)


def test_an_unknown_device_is_refused_before_a_model_is_read(tmp_path):
    with pytest.raises(UsageError, match="no device"):
        load_event_model(str(tmp_path / "nothing"), device="tpu?")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc returns memory that this keeps")
def test_freed_memory_is_used_again() -> None:
    script = (
        "import resource, sys; from maestrokit.inference.device import reuse_freed_memory\n"
        "if sys.argv[1] == 'reused': reuse_freed_memory()\n"
        "faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "n = int(sys.argv[2]); b'1' * n; before = faults(); b'1' * n; print(faults() - before)"
    )
    command = [sys.executable, "-c", script]
    returned, reused = (
        int(subprocess.run([*command, how, "64000000"], capture_output=True, check=True, text=True).stdout)
        for how in ("returned", "reused")
    )
    assert reused < returned / 10
