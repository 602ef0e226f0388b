"""Scores, and performances of them: which notes are which, how they are played, and that as codes for models."""
