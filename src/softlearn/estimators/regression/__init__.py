"""Softmax regression: one fit, a path over C, cross-validation, one batch after another."""
