"""The model families: one file each, no file opened."""
