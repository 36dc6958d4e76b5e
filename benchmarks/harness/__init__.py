"""Machine, clocks, processes, judges and tables."""
