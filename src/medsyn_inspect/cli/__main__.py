"""`python -m medsyn_inspect.cli`."""

from medsyn_inspect.cli import main

main(prog_name="medsyn")
