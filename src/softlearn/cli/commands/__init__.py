"""The commands: one file each, with its options.

Options are read each time the program starts, so these files load what does the work only when a
command runs.
"""
