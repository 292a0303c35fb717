"""The reporting standard STREAM, answered as far as logs and cards can answer it."""
