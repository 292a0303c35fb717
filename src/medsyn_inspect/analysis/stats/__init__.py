"""Statistics on arrays: numpy in, numbers out. Knows nothing of logs, readers or frames."""
