"""Data sets, hard problems and functions of known kind."""
