"""Spectra of recordings."""

from pathlib import Path

from maestrokit.api.inputs import samples_at
from maestrokit.audio.spectra.frames import Spectrum, analyse
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.errors import UsageError
from maestrokit.files.sound.read import Sound, read_sound


def spectrum(sound: Sound | str | Path, settings: SpectrumSettings = SpectrumSettings()) -> Spectrum:  # noqa: B008 - frozen
    """Return the spectrum of a recording.

    It is what ``maestrokit melspec`` writes. Time is the first axis, which is the second one of librosa.

    Parameters
    ----------
    sound : Sound, str or Path
        The recording, or its file. It is resampled to the sample rate of the settings.
    settings : SpectrumSettings
        Which spectrum. Default is the input of the transcription models: log-mel of 229 bands, in dB, at 16 kHz.

    Returns
    -------
    float32 or complex64, shape (frames, bins)
        Frame i is centred on i / ``settings.frames_per_second`` seconds, and bin k on
        ``settings.analysis().frequency[k]`` Hz.

    Raises
    ------
    UsageError
        If the settings are none, a number of them is out of range, or a sound is not one channel of finite numbers.
    NoInputError
        If the file cannot be opened.
    BadDataError
        If the file is damaged.

    Examples
    --------
    >>> import numpy as np
    >>> tone = Sound(np.sin(2 * np.pi * 440 / 44100 * np.arange(44100)).astype(np.float32), sample_rate=44100)
    >>> X = spectrum(tone, SpectrumSettings("cqt", hop_samples=320))
    >>> X.shape, int(X[25].argmax())
    ((51, 288), 144)
    """
    if not isinstance(settings, SpectrumSettings):
        hint = f"give SpectrumSettings({settings!r})" if isinstance(settings, str) else "give SpectrumSettings(..)"
        raise UsageError("`settings` must be SpectrumSettings", hint, parameter="settings")
    analysis = settings.analysis()  # what is impossible is said before any work
    recording = sound if isinstance(sound, Sound) else read_sound(sound)
    return analyse(samples_at(recording, settings.sample_rate), analysis)
