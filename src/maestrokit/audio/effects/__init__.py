"""Augmentation: rooms, equalisers, noise, time stretching and pitch shifting."""
