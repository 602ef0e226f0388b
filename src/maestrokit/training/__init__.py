"""One training system for all model families."""
