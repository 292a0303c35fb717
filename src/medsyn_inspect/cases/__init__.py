"""Case sets: what a case is, how a set is read and checked, and how public sets are imported.

Knows nothing of models, prompts or Inspect. Others use `load.load_cases`, `case.Case` and `check.examine`.
"""
