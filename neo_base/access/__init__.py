"""Who acts, the rule that every table of permissions follows, and where actions report to."""
