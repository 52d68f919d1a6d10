"""From a run's record to numbers: each file one question, pure functions, columns in and columns out."""
