"""The report: from findings to figures and pages."""
