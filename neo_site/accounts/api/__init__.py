"""The API of the signed-in user: their account, password and sessions."""
