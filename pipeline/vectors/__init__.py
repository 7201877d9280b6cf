"""Texts as vectors: the encoder, its cache, and the stored table of vectors."""
