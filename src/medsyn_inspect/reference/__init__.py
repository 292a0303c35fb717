"""Simulated readers and judges whose every answer has a closed form: for tests, the demo and examples.

They are not medical models, and say so. `models` registers them with Inspect; `closed_form` computes what the analysis
of their logs must find.
"""
