"""What a run tells afterwards: from a journal or a result, as text or as one HTML page."""
