"""Figures: for files, drawn with matplotlib; for pages, as SVG (:mod:`.inline`). No file is opened here."""
