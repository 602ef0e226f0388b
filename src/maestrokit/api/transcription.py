"""Recordings to performances."""

from dataclasses import replace
from pathlib import Path

from maestrokit.analysis.tuning import concert_pitch_of
from maestrokit.api.inputs import samples_at
from maestrokit.bounds import Within, check
from maestrokit.errors import UsageError, choices_hint
from maestrokit.files.checkpoint import model_folder
from maestrokit.files.sound.read import Sound, open_sound
from maestrokit.inference.notes_to_performance import TEMPOS, tracked_transcript, transcript
from maestrokit.inference.transcription.transcriber import (
    Transcriber,
    Transcript,
    read_transcriber,
    transcribed,
    with_pedal,
)
from maestrokit.music.edits.pedalling import PEDAL_WAYS
from maestrokit.music.performance import Performance

TRACK = "track"


def load_transcriber(name: str = "transcription") -> Transcriber:
    """Return a transcription model and its thresholds, to be used for several recordings.

    Parameters
    ----------
    name : str
        Name of a shipped model, or path of a run folder of :func:`train`. Default is the shipped model.

    Returns
    -------
    Transcriber
        Can be given to :func:`transcribe`.

    Raises
    ------
    NoInputError
        If there is no such model.
    UsageError
        If it is a model of another kind.
    BadDataError
        If it is damaged.
    """
    return read_transcriber(model_folder(name, "transcription"))


def transcribe(
    recording: str | Path | bytes | Sound,
    *,
    model: str | Transcriber = "transcription",
    onset_threshold: float | None = None,
    pedal: str = "cc64",
    tempo: float | str | None = None,
    tuning: float | str = "auto",
) -> Performance:
    """Return the notes and the sustain pedal of a piano recording.

    A small network estimates for each key and each 20 ms whether it is struck, sounding or released and how loudly. A
    file is read in blocks, so memory grows with the notes only.

    Parameters
    ----------
    recording : str, Path, bytes or Sound
        The file, its content, or samples with their sample rate.
    model : str or Transcriber
        Name of a shipped model, path of a run folder, or a model from :func:`load_transcriber`.
    onset_threshold : float, 0 to 1, optional
        Least probability of an onset. Default is what was fitted to the model.
    pedal : {'cc64', 'extend', 'none'}
        Write the sustain pedal as controller 64, which holds notes; or notes as long as they sound with it; or end
        notes that it holds where the next key is struck. A model without pedal writes notes as long as they sound.
    tempo : float, 4 to 1000, in beats per minute, or 'track', optional
        Tempo of the performance's tempo map, which moves no note; 'track' follows the beats found in the notes.
        Default is 120, with a text event that says that it is not known.
    tuning : float, 380 to 470, in Hz, or 'auto' or 'off'
        Concert pitch. Default is to estimate it, within half a semitone of 440 Hz; off is 440 Hz.

    Returns
    -------
    Performance
        One track, one channel.

    Raises
    ------
    NoInputError
        If there is no such file or model.
    BadDataError
        If the recording or the model is damaged.
    UsageError
        If an argument is outside its range, the model does not transcribe, or a sound is not one channel of finite
        numbers.

    Examples
    --------
    >>> performance = maestrokit.transcribe("take.flac")  # doctest: +SKIP
    >>> maestrokit.write(performance, "take.mid")  # doctest: +SKIP
    """
    if pedal not in PEDAL_WAYS:
        raise UsageError(f"pedal cannot be '{pedal}'", choices_hint(pedal, PEDAL_WAYS))
    if tempo != TRACK:
        check("tempo", tempo, TEMPOS, "give beats per minute, or 'track'")
    transcriber = load_transcriber(model) if isinstance(model, str) else model
    transcriber = _configured(transcriber, onset_threshold, concert_pitch_of(tuning))
    result = with_pedal(_transcript(recording, transcriber), pedal, has_pedal=transcriber.predicts_pedal)
    if tempo == TRACK:
        return tracked_transcript(*result)[0]
    return transcript(*result, tempo=None if tempo is None else float(tempo))


def _transcript(recording: str | Path | bytes | Sound, transcriber: Transcriber) -> Transcript:
    rate = transcriber.sample_rate
    if isinstance(recording, Sound):
        return transcribed([samples_at(recording, rate)], transcriber)
    if not isinstance(recording, str | Path | bytes):
        raise UsageError("samples need their sample rate", "give Sound(samples, sample_rate)")
    with open_sound(recording, name="a recording" if isinstance(recording, bytes) else "") as stream:
        return transcribed(stream.blocks(sample_rate=rate), transcriber)


def _configured(transcriber: Transcriber, threshold: float | None, concert_pitch: float | None) -> Transcriber:
    decoding = transcriber.decoding
    if threshold is not None:
        check("onset_threshold", threshold, Within(0, 1, above=True, below=True))
        restrike = max(decoding.restrike_threshold, threshold)
        decoding = replace(decoding, onset_threshold=threshold, restrike_threshold=restrike)
    return replace(transcriber, decoding=decoding, concert_pitch=concert_pitch)
