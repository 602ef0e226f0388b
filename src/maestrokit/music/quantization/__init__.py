"""Quantization: grids in time, and performances moved onto them."""
