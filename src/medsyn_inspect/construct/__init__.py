"""Builds a case set from case reports, one Inspect task per step, with a record of every decision.

`construct.pipeline` runs the steps in order. `reading` turns files into reports, `steps` defines what the builder model
is asked and what its reply changes, `rules` checks every reply without a model, and `written` writes the case set.
"""
