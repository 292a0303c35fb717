"""Rules that check what a builder model returns, as pure functions without a model.

`spans` compares quotes and numbers with the report, `same` compares names of diagnoses, `identifiers` generalises what
could identify a person, `naming` finds texts that name the diagnosis, `addressed` finds text that addresses a model,
and `chance` says which accuracy guessing explains.
"""
