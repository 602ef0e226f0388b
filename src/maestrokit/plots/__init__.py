"""Figures, drawn with matplotlib; no file is opened here."""
