"""The five spectra, behind one set of settings: what ``maestrokit melspec`` computes and networks are fed."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra.frames import Analysis, Spectrum
from maestrokit.bounds import Within, check_fields
from maestrokit.errors import UsageError, choices_hint

KINDS = ("stft", "power", "mel", "logmel", "cqt")
LOWEST_KEY, LOWEST_MEL = 27.5, 30.0  # Hz
QUIETEST = 1e-20  # power below which decibels are not taken


@dataclass(frozen=True)
class SpectrumSettings:
    """Which spectrum of a recording; the defaults are those of the transcription models.

    Parameters
    ----------
    kind : {'logmel', 'stft', 'power', 'mel', 'cqt'}
        stft (complex X), power (|X|^2), mel (M |X|^2), logmel (10 log10 of it), cqt (variable-Q magnitudes).
    sample_rate : int, in Hz
        Recordings are resampled to this rate.
    hop_samples : int
        Distance of frames.
    fft_samples : int
        Length of the transform; not of cqt.
    window : str
        Name of the window; not of cqt.
    mels : int
        Number of mel bands.
    minimum_frequency : float, in Hz, optional
        Lowest frequency. Default is 30 for mels, 27.5 for cqt.
    maximum_frequency : float, in Hz
        Highest frequency, of mels.
    floor : float
        Least power of logmel.
    bins : int
        Number of bins of cqt.
    bins_per_octave : int
        Bins in an octave of cqt.
    gamma : float, in Hz
        Added to each bandwidth of cqt; 0 is the constant-Q spectrum.

    Raises
    ------
    UsageError
        If the kind is unknown, or a number is out of its bounds; numbers that do not go together are found by
        :meth:`analysis`.

    Examples
    --------
    >>> from maestrokit import analyse
    >>> tone = np.sin(2 * np.pi * 440 / 16000 * np.arange(16000)).astype(np.float32)
    >>> X = analyse(tone, SpectrumSettings(kind="cqt", hop_samples=320).analysis())
    >>> X.shape, int(X[25].argmax()), round(float(X[25].max()), 2)
    ((51, 288), 144, 1.0)
    """

    kind: str = "logmel"
    sample_rate: Annotated[int, Within(1, 768_000)] = 16000
    hop_samples: Annotated[int, Within(1, 1 << 20)] = 512
    fft_samples: Annotated[int, Within(2, 1 << 20)] = 2048
    window: str = "hann"
    mels: Annotated[int, Within(1, 4096)] = 229
    minimum_frequency: Annotated[float | None, Within(0, 384_000)] = None
    maximum_frequency: Annotated[float, Within(0, 384_000, above=True)] = 8000.0
    floor: Annotated[float, Within(1e-30, 1_000_000)] = 1e-10
    bins: Annotated[int, Within(1, 4096)] = 288
    bins_per_octave: Annotated[int, Within(1, 1200)] = 36
    gamma: Annotated[float, Within(0, 1000)] = 4.4

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"no spectrum '{self.kind}'", choices_hint(self.kind, KINDS), parameter="kind")
        check_fields(self)

    @property
    def lowest(self) -> float:
        """The lowest frequency, in Hz."""
        default = LOWEST_KEY if self.kind == "cqt" else LOWEST_MEL
        return default if self.minimum_frequency is None else self.minimum_frequency

    @property
    def frames_per_second(self) -> float:
        """How many frames one second has."""
        return self.sample_rate / self.hop_samples

    def analysis(self) -> Analysis:
        """Return the analysis, for whole recordings or streams.

        Raises
        ------
        UsageError
            If a number is out of range.
        """
        from maestrokit.audio.spectra import cqt, mel, stft  # which these settings are for

        if self.kind == "cqt":
            return cqt.variable_q_analysis(self)
        if self.kind in ("mel", "logmel"):
            return mel.mel_analysis(self)
        return stft.stft_analysis(self) if self.kind == "stft" else stft.power_analysis(self)

    def decibels(self, spectrum: Spectrum) -> NDArray[np.float32]:
        """Return the spectrum as levels in dB, whatever it holds."""
        from maestrokit.audio.spectra.mel import power2decibel

        if self.kind == "logmel":
            return np.asarray(spectrum, np.float32)
        if self.kind in ("stft", "cqt"):
            spectrum = np.square(np.abs(spectrum))
        return power2decibel(np.asarray(spectrum, np.float32), QUIETEST)

    def described(self) -> dict[str, Any]:
        """Return the settings that the kind depends on, for metadata.

        >>> sorted(SpectrumSettings(kind="power").described())
        ['fft_samples', 'hop_samples', 'kind', 'sample_rate', 'window']
        """
        names = {"kind", "sample_rate", "hop_samples"}
        names |= {"minimum_frequency", "bins", "bins_per_octave", "gamma"} if self.kind == "cqt" else set()
        names |= {"fft_samples", "window"} if self.kind != "cqt" else set()
        names |= {"mels", "minimum_frequency", "maximum_frequency"} if self.kind in ("mel", "logmel") else set()
        names |= {"floor"} if self.kind == "logmel" else set()
        values = asdict(self) | {"minimum_frequency": self.lowest}
        return {name: values[name] for name in sorted(names)}
