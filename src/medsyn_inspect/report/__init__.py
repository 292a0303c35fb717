"""The report: what logs say, with all that is needed to doubt it and to do it again."""
