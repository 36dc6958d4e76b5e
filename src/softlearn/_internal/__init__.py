"""Helpers of the library that say nothing about classification."""
