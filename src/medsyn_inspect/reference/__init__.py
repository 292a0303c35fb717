"""Simulated readers and judges whose answers have a closed form, for tests, the demo and examples.

They are not medical models, and their answers say so. `models` registers them with Inspect; `closed_form` computes the
expected results of the analysis of their logs.
"""
