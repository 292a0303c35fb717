"""From a measured gap to a measured fix: a world to try it in, mixtures of training data, and fine-tuning.

`microworld` makes case sets whose truth is known and a small model with a planted weakness; `curate` turns findings
into mixtures of training data; `train` fine-tunes on them. Only training a model needs torch.
"""
