"""How a stage runs: settings, files, errors, caches, the tables that pass between stages, Ray."""
