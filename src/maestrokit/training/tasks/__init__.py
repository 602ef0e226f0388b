"""What models can be trained for: one module a task, which makes the data of a training from the names of files."""
