"""Batches for networks that classify, from performances or recordings."""
