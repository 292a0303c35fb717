"""The frames of the findings, computed from the frames of answers."""
