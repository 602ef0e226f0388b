"""Ratings by listeners: mean opinions, preferences, agreement, Turing tests, and how many listeners are needed."""
