"""Softmax networks: what is trained, by which epochs or solver, and what is said of it."""
