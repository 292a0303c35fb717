"""Builds the prompts: what a reader is shown is a pure function of case, condition, question and templates.

`language` reads the templates of a language; `stages` orders the evidence of a case and adds the question.
"""
