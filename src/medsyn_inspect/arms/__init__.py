"""The `sensitivity` task: the arms of a case, their posteriors, and the Evidence Sensitivity computed from them.

`design`, `prompt` and `posteriors` are pure; `sources` has one module for each source of a posterior; `session`,
`solver` and `scorer` connect them to Inspect. Other packages use `design.Design`, `design.case_arms`,
`prompt.arm_prompt` and `sources.SOURCES`.
"""
