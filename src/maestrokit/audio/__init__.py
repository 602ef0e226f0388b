"""Waveforms and spectra as values: no file is opened here."""
