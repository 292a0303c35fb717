"""The report as a page: blocks of text, tables and pictures, written as HTML and Markdown."""
