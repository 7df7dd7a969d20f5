"""The library's notes of browsers at each sign-in, made again where the database could not serialize them."""

from __future__ import annotations

from allauth.account.signals import password_changed, password_set, user_logged_in
from allauth.usersessions.signals import on_password_changed, on_user_logged_in

from neo_base.transactions import retry_serialization

note_sign_in = retry_serialization(on_user_logged_in)
note_password = retry_serialization(on_password_changed)


def connect() -> None:
    """Take the place of the library's own receivers."""
    for signal, theirs, ours in (
        (user_logged_in, on_user_logged_in, note_sign_in),
        (password_changed, on_password_changed, note_password),
        (password_set, on_password_changed, note_password),
    ):
        signal.disconnect(theirs)
        signal.connect(ours)
