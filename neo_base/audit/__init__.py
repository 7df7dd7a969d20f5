"""The audit log as apps see it: the catalogue of events, what an event may carry, and how one is reported.

`secrets_app.audit` keeps the log itself.
"""
