"""What a model's answer says: pure functions from text to letters and diagnoses."""
