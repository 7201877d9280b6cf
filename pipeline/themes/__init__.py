"""Train classifiers on the coded themes and score every passage."""
