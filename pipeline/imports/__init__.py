"""Codings that other programs hold, taken into corpus/coding."""
