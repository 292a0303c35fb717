"""From log files to frames of answers: find the logs, read them, and choose the runs that count.

Only headers and sample summaries are read, never samples.
"""
