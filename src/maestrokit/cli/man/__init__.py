"""The manual pages, generated from the commands' own definitions."""
