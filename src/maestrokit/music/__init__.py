"""Performances as values: no file is opened here."""
