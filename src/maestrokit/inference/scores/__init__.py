"""Scores, performed by a trained model."""
