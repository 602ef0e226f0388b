"""Models of notes at work: their steps in numpy and torch, and how likely they find performances."""
