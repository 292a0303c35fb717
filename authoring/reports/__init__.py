"""Fictional case reports in JATS, with drawn figures, and the script of the simulated builder that reads them."""
