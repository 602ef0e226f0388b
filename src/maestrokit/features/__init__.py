"""What can be said of a performance or recording: one file a group of descriptors."""
