"""Fundamental frequency by CREPE: a convolutional network from the waveform to a pitch in 360 steps.

The network and its weights are those of Kim et al.; the decoding of its outputs is ours: the path through them by
Viterbi's algorithm with CREPE's own costs, then the mean of the steps around it, weighted by the outputs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.f0 import FLOOR, HOP_SAMPLES, SAMPLE_RATE, Pitches
from maestrokit.analysis.viterbi import banded_path
from maestrokit.arrays import Floats, Integers
from maestrokit.audio.spectra.frames import Analysis, Samples, analyse_stream, sliding

SIZES = {"crepe": "tiny", "crepe-full": "full"}
"""The size of the network behind each name of a method."""

Weights = Mapping[str, NDArray[np.float32]]
"""Arrays by name: ``conv1.weight``, ``conv1_BN.running_mean``, ... ``classifier.bias``."""

WINDOW_SAMPLES = 1024
LAYERS = 6
STRIDE = 4  # samples, of the first layer
PADDING = ((254, 254), *[(31, 32)] * (LAYERS - 1))  # before and after, that layers keep their lengths
EPSILON = 0.001  # added to variances
STEPS = 360
CENTS_A_STEP = 20.0
LOWEST_CENTS = 1997.3794084376191  # of step 0 above 10 Hz: 31.7 Hz
NEIGHBOURS = 4  # steps to either side of the path that are averaged
FARTHEST = 11  # steps that the path may move by in a frame
VOICED = 0.5  # confidence above which a frame is voiced
LEAST = 1e-6  # of an answer, before its logarithm
CHUNK_FRAMES = 3000  # through which a path is found: 30 s


def track_pitch_by_network(blocks: Iterable[Samples], weights: Weights) -> Pitches:
    """Return the fundamental frequency of a recording of one voice, as :func:`maestrokit.analysis.f0.track_pitch` does.

    Voicing is the network's answer at the path, its confidence. Blocks are at 16 kHz.

    References
    ----------
    J. W. Kim, J. Salamon, P. Li, J. P. Bello: CREPE, a convolutional representation for pitch estimation. ICASSP, 2018.
    """
    answer = network(weights)

    def answers_of(segment: Samples) -> NDArray[np.float32]:
        frames = sliding(segment, WINDOW_SAMPLES, HOP_SAMPLES)
        sounds = (frames.astype(np.float64) ** 2).mean(axis=1) > FLOOR
        return np.asarray(answer(frames) * sounds[:, None], np.float32)

    analysis = Analysis(np.empty(0), SAMPLE_RATE, HOP_SAMPLES, WINDOW_SAMPLES // 2, answers_of)
    answers = (np.asarray(part, np.float32) for part in analyse_stream(blocks, analysis))
    pitches = np.concatenate([np.empty((0, 2)), *(pitch_of_answers(chunk) for chunk in _chunks(answers))])
    frequency, confidence = pitches.T
    return Pitches(np.where(confidence > 0, frequency, 0), confidence, confidence > VOICED)


def network(weights: Weights) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return the function from frames, shape (frames, 1024), to answers, shape (frames, 360), each 0..1."""
    import torch
    from torch.nn import functional

    tensors = {name: torch.tensor(np.asarray(array, np.float32)) for name, array in weights.items()}

    def answers(frames: NDArray[np.float32]) -> NDArray[np.float32]:
        centred = frames - frames.mean(axis=1, keepdims=True)
        deviation = centred.std(axis=1, keepdims=True, ddof=1)
        signal = torch.from_numpy(centred / np.maximum(deviation, 1e-10))[:, None]  # (frames, channel, time)
        with torch.inference_mode():
            for number, padding in enumerate(PADDING, start=1):
                kernel = tensors[f"conv{number}.weight"].squeeze(-1)
                signal = functional.pad(signal, padding)
                signal = functional.conv1d(
                    signal, kernel, tensors[f"conv{number}.bias"], stride=STRIDE if number == 1 else 1
                )
                mean, variance, scale, shift = (
                    tensors[f"conv{number}_BN.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
                )
                signal = functional.batch_norm(functional.relu(signal), mean, variance, scale, shift, eps=EPSILON)
                signal = functional.max_pool1d(signal, 2)
            flat = signal.transpose(1, 2).flatten(1)  # (frames, time * channels)
            named = functional.linear(flat, tensors["classifier.weight"], tensors["classifier.bias"])
            return np.asarray(torch.sigmoid(named).numpy())

    return answers


def pitch_of_answers(answers: NDArray[np.float32]) -> Floats:
    """Return frequency in Hz and confidence for each frame, shape (frames, 2), from answers, shape (frames, 360).

    >>> answers = np.zeros((3, 360), np.float32)
    >>> answers[:, 228] = 0.9
    >>> pitch_of_answers(answers).round(2).tolist()
    [[441.54, 0.9], [441.54, 0.9], [441.54, 0.9]]
    """
    path = smoothest_path(answers)
    near = np.clip(path[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1), 0, STEPS - 1)
    rows = np.arange(len(path))
    share = answers[rows[:, None], near] + 1e-9
    step = (share * near).sum(axis=1) / share.sum(axis=1)
    frequency = 10 * 2 ** ((LOWEST_CENTS + CENTS_A_STEP * step) / 1200)
    return np.stack([frequency, answers[rows, path]], axis=1)


def smoothest_path(answers: NDArray[np.float32]) -> Integers:
    """Return the step in each frame whose answers and moves are likeliest together (Viterbi), shape (frames,).

    A move by d steps is as likely as 12 - |d|, one by 12 or more is impossible.
    """
    likely = np.log(answers + LEAST) - np.log((answers + LEAST).sum(axis=1, keepdims=True))
    return banded_path(likely, np.log(1 + FARTHEST - np.abs(np.arange(-FARTHEST, FARTHEST + 1))))


def _chunks(parts: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Yield frames in chunks of ``CHUNK_FRAMES``, or as many more as come together."""
    waiting: list[NDArray[np.float32]] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= CHUNK_FRAMES:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)
