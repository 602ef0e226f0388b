"""The five spectra, behind one set of settings: what ``maestrokit melspec`` computes and networks are fed."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra import mel
from maestrokit.audio.spectra.cqt import variable_q_analysis
from maestrokit.audio.spectra.frames import Analysis, Spectrum
from maestrokit.audio.spectra.mel import mel_analysis, power2decibel
from maestrokit.audio.spectra.stft import power_analysis, stft_analysis
from maestrokit.errors import UsageError, choices_hint

KINDS = ("stft", "power", "mel", "logmel", "cqt")
LOWEST_KEY = 27.5  # Hz
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
        If the kind is unknown; impossible numbers are found by :meth:`analysis`.
    """

    kind: str = "logmel"
    sample_rate: int = mel.SAMPLE_RATE
    hop_samples: int = mel.HOP_SAMPLES
    fft_samples: int = mel.FFT_SAMPLES
    window: str = "hann"
    mels: int = mel.MELS
    minimum_frequency: float | None = None
    maximum_frequency: float = mel.MAXIMUM_FREQUENCY
    floor: float = mel.FLOOR
    bins: int = 288
    bins_per_octave: int = 36
    gamma: float = 4.4

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"no spectrum '{self.kind}'", choices_hint(self.kind, KINDS), parameter="spectrum")
        if self.sample_rate < 1:
            raise UsageError(
                f"sample rate of {self.sample_rate} Hz", "16000 and 22050 are usual", parameter="sample_rate"
            )
        if not self.floor > 0:
            raise UsageError(
                f"floor of {self.floor:g}", "it must be above 0, for its logarithm is taken", parameter="floor"
            )

    @property
    def lowest(self) -> float:
        """The lowest frequency, in Hz."""
        default = LOWEST_KEY if self.kind == "cqt" else mel.MINIMUM_FREQUENCY
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
        if self.kind == "cqt":
            return variable_q_analysis(
                sample_rate=self.sample_rate,
                hop_samples=self.hop_samples,
                minimum_frequency=self.lowest,
                bins=self.bins,
                bins_per_octave=self.bins_per_octave,
                gamma=self.gamma,
            )
        lengths: dict[str, Any] = {
            "sample_rate": self.sample_rate,
            "fft_samples": self.fft_samples,
            "hop_samples": self.hop_samples,
            "window_name": self.window,
        }
        if self.kind in ("stft", "power"):
            return stft_analysis(**lengths) if self.kind == "stft" else power_analysis(**lengths)
        return mel_analysis(
            **lengths,
            mels=self.mels,
            minimum_frequency=self.lowest,
            maximum_frequency=self.maximum_frequency,
            floor=self.floor if self.kind == "logmel" else None,
        )

    def decibels(self, spectrum: Spectrum) -> NDArray[np.float32]:
        """Return the spectrum as levels in dB, whatever it holds."""
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
