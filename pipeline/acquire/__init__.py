"""Fetch every document of the profile and verify it by its SHA-256."""
