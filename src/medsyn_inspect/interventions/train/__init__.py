"""Fine-tunes a checkpoint on a mixture with TRL: the paper's recipe by default, loss on answers only.

`recipe` has the settings and the checks that need no torch, `tuning` trains.
"""
