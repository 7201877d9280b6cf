"""Cut blocks into passages of whole sentences."""
