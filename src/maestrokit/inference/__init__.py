"""Inference: generation, likelihood and transcription."""
