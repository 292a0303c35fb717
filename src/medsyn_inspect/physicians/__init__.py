"""Physicians as readers: the answer sheet that they fill in, and the import of their answers as logs.

Their answers are read, scored and analysed like those of a model.
"""
