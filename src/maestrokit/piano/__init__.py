"""The piano that ships: data, made by :mod:`maestrokit.piano.build` from the Salamander Grand Piano."""
