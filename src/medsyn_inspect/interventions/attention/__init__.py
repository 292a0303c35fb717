"""Relative attention per token (RAPT): how much attention each section of a prompt gets when a model answers.

`sections` assigns tokens to sections, `rapt` computes RAPT and checks its identity, `reading` reads the attention of a
checkpoint in two passes, `cases` does so for a case set, `relation` joins RAPT with Evidence Sensitivity, `figures` and
`files` write the results. Only `reading` needs torch. Others use `files.read_attention`.
"""
