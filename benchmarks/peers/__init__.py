"""The libraries that softlearn is measured against."""
