"""The `sensitivity` task: the arms of a case, their posteriors, and the Evidence Sensitivity computed from them.

`design`, `prompt` and `posteriors` are pure; `session`, `solver` and `scorer` connect them to Inspect. Other packages
use `design.Design`, `design.case_arms` and `prompt.arm_prompt`.
"""
