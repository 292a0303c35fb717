"""How to repeat the runs: a command for each log, what it ran with, and what it used and cost."""
