"""Data sets as they are published, and the labels that lie beside files."""
