"""What models learn from, as batches: the examples of a task, cut into excerpts and varied."""
