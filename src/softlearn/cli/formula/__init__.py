"""Minimising a formula that a user typed."""
