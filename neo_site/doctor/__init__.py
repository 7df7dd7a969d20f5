"""`manage.py doctor`: looks at everything a running site needs, and says what to do about what is wrong."""
