"""Pictures of a run, drawn with matplotlib: a signal programme as it ran, and two runs side by side."""
