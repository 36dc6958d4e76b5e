"""`softlearn serve`: a model behind HTTP, with JSON in and out."""
