"""Beats and downbeats, of performances and of recordings."""
