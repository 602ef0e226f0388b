"""Sampled pianos on disk."""
