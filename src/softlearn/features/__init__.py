"""From raw input to numbers: the transformers that stand before a classifier in a model file."""
