"""Schemas of all tables, a module for the tables of each stage."""
