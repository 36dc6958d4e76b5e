"""What speaks scikit-learn: checks of X and y, labels, weights, scores, callbacks, parameters."""
