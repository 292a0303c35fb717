"""From log files to frames of answers: which logs there are, what they hold, and which runs count.

Opens headers and sample summaries only, never samples.
"""
