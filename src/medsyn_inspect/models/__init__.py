"""Model APIs of our own."""
