"""Groups of descriptors, one file each."""
