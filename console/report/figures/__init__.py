"""Tables as diagrams: one a file, from a subject to a matplotlib figure, or to None where there is nothing to draw."""
