"""How the bundled case set is made: case files in words (`cases/`), drawings (`pictures/`), one script (`build.py`)."""
