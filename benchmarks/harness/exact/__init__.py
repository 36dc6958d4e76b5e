"""The judge of proofs: problems and their optima in integers and ball arithmetic."""
