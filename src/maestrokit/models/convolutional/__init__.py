"""Further networks of the family cnn, each for one task."""
