"""The case explorer of the page: a grid of cases and readers, and what each reader answered to a case."""
