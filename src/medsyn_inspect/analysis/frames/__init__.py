"""From frame to frame: one module for each frame of the findings."""
