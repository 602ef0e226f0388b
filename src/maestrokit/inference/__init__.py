"""Models at work: sampling and transcription."""
