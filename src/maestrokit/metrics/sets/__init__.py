"""Metrics of a set of pieces, each file one; every one is a :class:`maestrokit.metrics.contract.Metric`."""
