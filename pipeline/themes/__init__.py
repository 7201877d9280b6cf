"""Train classifiers on the hand-coded themes and score every passage."""
