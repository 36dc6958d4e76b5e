"""Where work runs: threads, cores, and BLAS held to one thread."""
