"""Reads case reports: JATS XML, rows of MultiCaRe, Markdown, HTML and PDF, each with its images.

A module per format turns a file into `raw.RawReport`s; `finished` numbers the sentences, re-encodes the images and
splits panels; `source` chooses the module by the files in a folder.
"""
