"""Model APIs of the suite's own, for weights that run on this machine.

`hf_vlm` is the API that Inspect sees (`--model hf-vlm/PATH_OR_NAME`), `checkpoint` loads and checks the weights,
`engine` runs batches of prompts, `batching` collects them from concurrent samples, `letters` asks for letter
probabilities. Others use `letters`; nothing imports torch before a model is created.
"""
