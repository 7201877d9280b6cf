"""The gap between the sides, with intervals, by part, and under other choices."""
