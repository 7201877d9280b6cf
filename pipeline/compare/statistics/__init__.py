"""Measures, chance levels and shares, each written once."""
