"""A sampled piano: from performances to sound."""
