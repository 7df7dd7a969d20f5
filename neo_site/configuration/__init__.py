"""The rules behind `settings.py`: how each setting is read from the environment, and when it is refused.

Errors name the variable and what to do, and never repeat a value.
"""
