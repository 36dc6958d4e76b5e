"""From a source to a fitted model: splitting rows, fitting, measuring."""
