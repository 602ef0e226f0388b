"""Training kernels with hand-written gradients."""
