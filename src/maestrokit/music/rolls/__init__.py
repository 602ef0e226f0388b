"""Performances as frames: piano rolls, and what networks see of them or learn to find."""
