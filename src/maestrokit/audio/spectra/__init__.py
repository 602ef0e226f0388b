"""Spectra: from samples to frames, STFT, mel and variable-Q."""
