"""The kinds of model that `softlearn fit` knows, one file each."""
