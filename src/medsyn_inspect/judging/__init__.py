"""Grading of differentials: rubrics, judges, panels of judges, and the score.

Other packages use `rubric.load_rubric`, `judge.verdict_of`, `panel.panel_verdict` and `score.judged`. Each rubric is a
file in `rubrics/`; `rubrics/judge.md` is the system message of all judges.
"""
