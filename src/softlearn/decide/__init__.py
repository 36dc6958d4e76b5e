"""Decisions from probabilities: calibration, costs, "none of these", sets of classes."""
