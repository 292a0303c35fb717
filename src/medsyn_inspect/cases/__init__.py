"""Case sets: the definition of a case, reading and checking of case sets, and importers of public sets.

This package does not depend on models, prompts or Inspect. Other packages use `load.load_cases`, `case.Case` and
`check.examine`.
"""
