"""Compares readers before and after fine-tuning, paired by case and seed (as Tables 7 and 14 of the paper).

`compare` computes the differences with intervals over cases and seeds; `folder` writes them as page, table and JSON.
"""
