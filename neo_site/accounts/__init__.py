"""Accounts of people, by `django-allauth`: sign-in, passwords, second factors, sessions, sign-up.

The library brings pages and flows. What this site has already stays its own: the lockout and the throttle, the audit
log, the sessions of the API, and the tree of credentials. See `docs/authentication.md`.
"""
