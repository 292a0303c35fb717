"""Curates mixtures of training data aimed at the evidence types that a model underuses. Imports no trainer.

`targets` chooses the types on a development split, `pools` reads public formats, `types.yaml` maps their names of
modalities to evidence types, `duplicates` keeps the evaluation cases out, `mixtures` draws, and `folder` writes.
"""
