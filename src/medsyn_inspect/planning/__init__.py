"""What a run will ask for before it is made: requests, images, tokens and cost.

`plan.plan_of` walks through the functions of the tasks themselves, so that a plan matches the run.
"""
