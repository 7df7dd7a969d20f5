"""What the site writes down about its work: one line a record, and no line holds what a client sent."""
