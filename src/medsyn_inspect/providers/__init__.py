"""What is known beforehand about providers and models."""
