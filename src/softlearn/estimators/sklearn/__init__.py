"""The scikit-learn interface: checks of X and y, labels, weights, scores, callbacks, parameters."""
