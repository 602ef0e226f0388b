"""Performances changed: transposed, retimed, held by the pedal, continued, with a gap filled."""
