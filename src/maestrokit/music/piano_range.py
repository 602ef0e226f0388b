"""The keys of a piano, as MIDI numbers."""

LOWEST_PITCH, HIGHEST_PITCH = 21, 108  # A0 to C8
KEYS = HIGHEST_PITCH - LOWEST_PITCH + 1
