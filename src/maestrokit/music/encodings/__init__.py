"""Performances as sequence models have them: events or notes in steps of time, and conditions, as codes."""
