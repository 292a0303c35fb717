"""What a reader is shown: a pure function of case, arm, language and template."""
