"""Statistics on arrays, independent of logs, readers and frames."""
