"""Where work runs: threads, cores, and BLAS limited to one thread."""
