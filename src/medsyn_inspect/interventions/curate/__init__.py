"""Curates mixtures of training data aimed at the evidence types that a model underuses. Imports no trainer.

`targets` chooses the types on a development split, `pools` reads public formats (`medthinkvqa` one of them),
`types.yaml` maps their names of modalities to evidence types, `duplicates` keeps the evaluation cases out, `mixtures`
draws, `folder` writes, and `views` writes for other trainers.
"""

MARK = "<image>"
"""Marks in the text of a sample where an image is shown."""
