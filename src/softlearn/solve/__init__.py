"""The right wing: how an objective is minimised.  Imports the hallway and nothing else."""
