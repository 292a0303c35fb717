"""Curates mixtures of training data aimed at the evidence types that a model underuses. Imports no trainer.

`pools` reads public formats (`medthinkvqa` one of them), `types.yaml` maps their names of modalities to evidence types,
`duplicates` keeps the evaluation cases out, `mixtures` draws, `folder` writes, and `views` writes for other trainers.
The types to aim at come from `interventions.targets`.
"""

MARK = "<image>"
"""Marks in the text of a sample where an image is shown."""
