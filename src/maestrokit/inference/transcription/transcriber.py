"""Recordings to notes, as a stream: memory does not grow with the recording, and windows leave no seams.

The convolutions of the model see a known span of the spectrum about each output. Windows overlap by it, and only
outputs whose whole span is in the window are used; recurrent layers, which read these, go on where the window before
ended. So no output depends on where a window begins.

Before a recording there is silence, so that a note on its first sample has an onset. After it the spectrum stays as it
was at the end: silence there would end all notes some 50 ms before the end, and those of the last 0.1 s would be lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from maestrokit.analysis.tuning import STANDARD, Tuning, estimate_tuning
from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import Analysis, Samples, analyse_stream
from maestrokit.audio.spectra.transcription_input import FLOOR, SETTINGS, levels
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint
from maestrokit.inference.device import device_of, find_device
from maestrokit.inference.transcription.gate import Gate, GateConfig, Loudness
from maestrokit.inference.transcription.note_decoding import Decoder, Decoding, Posteriors, joined, with_dynamics
from maestrokit.inference.transcription.pedal_decoding import PedalDecoder, PedalDecoding
from maestrokit.models import contract
from maestrokit.models.cnn import STRIDE, Model
from maestrokit.music.edits.pedalling import reconcile_with_pedal, sounding_notes, with_key_releases
from maestrokit.music.note_arrays import TimedNotes

WINDOW = 512  # output frames per window; the last window has the remaining ones
FRAME_SECONDS = STRIDE / SETTINGS.frames_per_second
TUNED_BY = 60  # first seconds of a recording, by which its tuning is estimated
IN_TUNE = 15.0  # cents from 440 Hz, within which a model was trained and does as well
UNRELIABLE = 3  # last frames of a spectrum, too quiet because they reach beyond the end of the sound


class FramePosteriors(NamedTuple):
    """Outputs of a model for some frames; frame n is at second n * FRAME_SECONDS."""

    keys: Posteriors
    pedal: NDArray[np.float32]
    """Probability that the sustain pedal is down, shape (frames,); 0 if the model does not predict it."""


class Transcript(NamedTuple):
    """The notes and the pedal of a recording.

    Parameters
    ----------
    notes : TimedNotes
        Offsets are where the sound ends, the pedal included.
    pedal : float64, shape (intervals, 2), in seconds
        When the sustain pedal is down.
    """

    notes: TimedNotes
    pedal: Floats


def with_pedal(result: Transcript, way: str, *, has_pedal: bool) -> Transcript:
    """Return a transcript in one of the ways to write the pedal.

    Parameters
    ----------
    result : Transcript
        Notes and pedal as they were decoded.
    way : {'cc64', 'extend', 'none'}
        Notes end where their own ends were found, and the pedal is there, which may hold them longer; or notes last as
        long as they sound with it, and it is not there; or it is not there, and notes in it end where the next key is
        struck.
    has_pedal : bool
        Whether the model predicts the pedal; if not, notes are as they were decoded.
    """
    if not has_pedal:
        return Transcript(result.notes, result.pedal[:0])
    if way == "none":
        return Transcript(with_key_releases(*result), result.pedal[:0])
    reconciled = Transcript(*reconcile_with_pedal(*result))
    return reconciled if way == "cc64" else Transcript(sounding_notes(*reconciled), result.pedal[:0])


@dataclass(frozen=True, eq=False)
class Transcriber:
    """A transcription model, and the thresholds that were fitted to it.

    Parameters
    ----------
    model : Model
        The network.
    decoding : Decoding
        Thresholds that turn posteriors into notes.
    pedal_decoding : PedalDecoding
        Thresholds that turn posteriors into the pedal.
    analysis : Analysis
        The spectrum that the network reads.
    gate : GateConfig
        Where silence and other sounds are passed over.
    concert_pitch : float, in Hz, optional
        Of the recordings that it reads. Default is to estimate it for each of them.
    """

    model: Model
    decoding: Decoding
    pedal_decoding: PedalDecoding
    analysis: Analysis
    gate: GateConfig = field(default_factory=GateConfig)
    concert_pitch: float | None = None

    @property
    def sample_rate(self) -> int:
        """Sample rate of its input, in Hz."""
        return SETTINGS.sample_rate

    @property
    def predicts_pedal(self) -> bool:
        """Whether the model predicts the sustain pedal."""
        return self.model.config.pedal

    @property
    def frames_per_second(self) -> float:
        """Frame rate of the spectrum; that of the posteriors is half."""
        return SETTINGS.frames_per_second


def read_transcriber(folder: Path, *, device: str = "cpu") -> Transcriber:
    """Return the transcription model in a run folder, on a device such as ``cuda``.

    Raises
    ------
    UsageError
        If the model there is of another kind.
    BadDataError
        If it is damaged, or was made for another spectrum.
    """
    config = checkpoint.read_config(folder)
    if config["family"] != "cnn" or config.get("task") != "transcription":
        kind = checkpoint.family_with_article(config)
        fact = f"'{checkpoint.model_name(folder)}' holds {kind}, which does not transcribe"
        raise UsageError(fact, "train one by 'maestrokit train cnn'")
    if config.get("spectrum") != SETTINGS.described():
        raise BadDataError(
            f"cannot use '{folder}': its model was made for another spectrum",
            "it comes from another version of maestrokit",
            path=str(folder),
        )
    model = contract.built("cnn", config.get("model", {}), checkpoint.read_weights(folder), origin=str(folder))
    assert isinstance(model, Model)
    decoding = contract.config_from(Decoding, config.get("decoding", {}), name=str(folder))
    pedal = contract.config_from(PedalDecoding, config.get("pedal_decoding", {}), name=str(folder))
    gate = contract.config_from(GateConfig, config.get("gate", {}), name=str(folder))
    model.eval().to(find_device(device))
    return Transcriber(model, decoding, pedal, SETTINGS.analysis(), gate)


def in_tune(blocks: Iterable[Samples], transcriber: Transcriber) -> tuple[Iterable[Samples], Transcriber]:
    """Return the blocks of a recording, and the transcriber with the spectrum and the concert pitch of it.

    An estimate lies within half a semitone of 440 Hz, by the first minute, which is read ahead; it is 440 Hz where the
    recording is in tune, or has no clear tuning.
    """
    pitch = transcriber.concert_pitch
    if pitch is None:
        blocks, tuning = _read_ahead(blocks, transcriber.sample_rate)
        pitch = tuning.concert_pitch if tuning.is_clear and abs(tuning.cents) > IN_TUNE else STANDARD
    analysis = transcriber.analysis
    if pitch != STANDARD:
        analysis = replace(SETTINGS, minimum_frequency=SETTINGS.lowest * pitch / STANDARD).analysis()
    return blocks, replace(transcriber, analysis=analysis, concert_pitch=pitch)


def _read_ahead(blocks: Iterable[Samples], sample_rate: int) -> tuple[Iterator[Samples], Tuning]:
    """Return the blocks of a recording, all of them, and the tuning of its beginning."""
    coming, head, samples = iter(blocks), list[Samples](), 0
    while samples < TUNED_BY * sample_rate and (block := next(coming, None)) is not None:
        head.append(block)
        samples += len(block)
    start = np.concatenate([np.empty(0, np.float32), *head])[: TUNED_BY * sample_rate]
    return chain(head, coming), estimate_tuning(start, sample_rate=sample_rate)


def posteriors(blocks: Iterable[Samples], transcriber: Transcriber) -> Iterator[FramePosteriors]:
    """Yield the posteriors of a recording that arrives in blocks."""
    return posteriors_of_levels(spectrum_levels(blocks, transcriber), transcriber)


def spectrum_levels(blocks: Iterable[Samples], transcriber: Transcriber) -> Iterator[NDArray[np.float32]]:
    """Yield the spectrum of a recording that arrives in blocks, in dB, in parts of shape (frames, bins)."""
    for spectrum in analyse_stream(blocks, transcriber.analysis):
        yield levels(np.asarray(spectrum))


def posteriors_of_levels(parts: Iterable[NDArray[np.float32]], transcriber: Transcriber) -> Iterator[FramePosteriors]:
    """Yield the posteriors of a spectrum in dB that arrives in parts of shape (frames, bins)."""
    reach = STRIDE * transcriber.model.reach
    silence = np.full((reach, len(transcriber.analysis.frequency)), FLOOR, np.float32)
    pending, run = silence, _Windows(transcriber.model)
    received = yielded = 0
    for part in parts:
        pending = np.concatenate([pending, part])
        received += len(part)
        while len(pending) >= 2 * reach + STRIDE * WINDOW:
            yield run(pending[: 2 * reach + STRIDE * WINDOW])
            pending = pending[STRIDE * WINDOW :]
            yielded += WINDOW
    left = -(-received // STRIDE) - yielded
    pending = _sustained(pending, reach + STRIDE)
    while left > 0:
        yield run(pending[: 2 * reach + STRIDE * min(left, WINDOW)])
        pending, left = pending[STRIDE * WINDOW :], left - WINDOW


def _sustained(levels: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Return the end of a spectrum, continued by `frames` frames that repeat the last reliable one."""
    inside = levels[: max(len(levels) - UNRELIABLE, 1)]
    return np.pad(inside, ((0, len(levels) - len(inside) + frames), (0, 0)), mode="edge")


class StreamingDecoder:
    """Notes and pedal from posteriors that arrive in parts."""

    def __init__(self, transcriber: Transcriber) -> None:
        self.gate = Gate(transcriber.gate, frame_seconds=FRAME_SECONDS)
        self._keys = Decoder(transcriber.decoding, frame_seconds=FRAME_SECONDS)
        self._pedal = PedalDecoder(transcriber.pedal_decoding, frame_seconds=FRAME_SECONDS)
        self._parts: list[TimedNotes] = []

    def feed(self, part: FramePosteriors, level: Floats) -> None:
        """Decode the next frames, given their levels in dBFS."""
        self._parts.append(self._keys.feed(self.gate.feed(part.keys, level)))
        self._pedal.feed(part.pedal)

    def finish(self) -> Transcript:
        """Return all notes, and the pedal."""
        self._parts.append(self._keys.feed(self.gate.finish()))
        notes = joined([*self._parts, self._keys.finish()])
        return Transcript(with_dynamics(notes, self._keys.decoding), self._pedal.finish())


def loudness_meter(transcriber: Transcriber) -> Loudness:
    """Return a meter of the level of each frame."""
    return Loudness(round(FRAME_SECONDS * transcriber.sample_rate))


def transcribed(blocks: Iterable[Samples], transcriber: Transcriber, decoding: Decoding | None = None) -> Transcript:
    """Return the transcript of a recording that arrives in blocks, at ``transcriber.sample_rate``."""
    chosen = transcriber if decoding is None else replace(transcriber, decoding=decoding)
    return transcriptions(blocks, [chosen])[0]


def transcriptions(blocks: Iterable[Samples], transcribers: Sequence[Transcriber]) -> list[Transcript]:
    """Return a transcript per transcriber; they share model and concert pitch, and differ in their thresholds."""
    blocks, first = in_tune(blocks, transcribers[0])
    loudness, decoders = loudness_meter(first), [StreamingDecoder(transcriber) for transcriber in transcribers]
    for part in posteriors(loudness.through(blocks), first):
        level = loudness.levels(len(part.pedal))
        for decoder in decoders:
            decoder.feed(part, level)
    return [decoder.finish() for decoder in decoders]


class _Windows:
    """Posteriors of windows, one after the other."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._memory: tuple[torch.Tensor, ...] = ()

    def __call__(self, window: NDArray[np.float32]) -> FramePosteriors:
        """Return the middle of the posteriors of a window: the frames whose whole receptive field is in it."""
        with torch.inference_mode():
            levels = torch.from_numpy(window)[None].to(device_of(self.model))
            output = self.model(levels, self._memory, margin=self.model.reach)
            self._memory = output.memory
            keys = torch.sigmoid(output.keys)[0].contiguous().cpu().numpy()
            if output.pedal is None:
                return FramePosteriors(keys, np.zeros(keys.shape[1], np.float32))
            return FramePosteriors(keys, torch.sigmoid(output.pedal)[0].cpu().numpy())
