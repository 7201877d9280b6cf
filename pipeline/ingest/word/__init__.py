"""Word files: the package, what Word shows of it, and how Word counts."""
