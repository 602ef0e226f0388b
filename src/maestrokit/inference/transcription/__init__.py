"""Transcription: recordings to notes and pedal."""
