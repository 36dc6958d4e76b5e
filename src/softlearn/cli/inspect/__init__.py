"""What there is to know of data and of predictions before trusting a model."""
