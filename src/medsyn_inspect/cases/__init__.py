"""What a case is and where cases come from."""
