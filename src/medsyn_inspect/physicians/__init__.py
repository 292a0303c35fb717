"""Physicians as readers: the sheet they fill in, and the logs that their answers become.

Their answers are read, scored and analysed like a model's.
"""
