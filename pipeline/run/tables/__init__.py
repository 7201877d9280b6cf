"""The schema of every table, a module a stage, and the data dictionary made from them."""
