"""Turn passages into vectors."""
