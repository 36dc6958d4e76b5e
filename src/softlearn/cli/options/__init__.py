"""Options that several commands take, or that belong together."""
