"""The report: the results of logs, with the information needed to check and to reproduce them."""
