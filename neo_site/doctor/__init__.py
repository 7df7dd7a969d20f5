"""`manage.py doctor`: examinations of everything that a running site needs, with what to do where one fails."""
