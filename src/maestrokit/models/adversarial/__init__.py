"""The networks of the family gan, each for one task, with their losses and scores."""
