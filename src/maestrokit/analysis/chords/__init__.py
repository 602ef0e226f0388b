"""Chords, of performances and of recordings."""
