"""What a user sees while a command runs and at its end."""
