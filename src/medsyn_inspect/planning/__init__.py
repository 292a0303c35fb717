"""Plans of runs: counts requests and images, and estimates tokens and cost, before a model is called.

`plan.plan_of` uses the functions of the tasks themselves, so that a plan matches the run.
"""
