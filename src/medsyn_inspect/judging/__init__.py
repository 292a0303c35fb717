"""How a differential is graded: rubrics, the judge that applies one, panels of judges, and the score.

Others use `rubric.load_rubric`, `judge.verdict_of`, `panel.panel_verdict` and `score.judged`. A rubric is a file in
`rubrics/`; what all judges are told is `rubrics/judge.md`.
"""
