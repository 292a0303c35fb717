"""The arms of a case: which are asked to measure Evidence Sensitivity, what each gives, and the score of a case.

The design, the prompts and the reading of answers are pure; `solver` and `scorer` are the Inspect side of them. Others
use `design.design_of` and `prompt.arm_prompt`.
"""
