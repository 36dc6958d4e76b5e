"""What one runs: each file is a script."""
