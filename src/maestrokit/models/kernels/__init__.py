"""Fast kernels: training with hand-written gradients, and generation in numpy; plain torch does the same, slower."""
