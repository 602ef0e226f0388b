"""Figures inside a page: SVG without fonts, colours or widths of its own, which the style of the page gives."""
