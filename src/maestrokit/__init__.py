"""A toolkit for expressive piano music: performances, recordings, and the models between them."""

__version__ = "0.1.0"
