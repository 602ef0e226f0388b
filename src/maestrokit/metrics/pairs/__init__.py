"""Metrics of an estimate against its reference, each file one task; see :mod:`maestrokit.metrics.score_pairs`."""
