"""Sign-in of a program by the browser of its user: device authorisation, RFC 8628.

`codes.py` makes codes and what is stored of them, `actions.py` is what happens, `protocol.py` lends oauthlib's reading
of the standard. What the program gets is a session as every other one, by `neo_site.signin.actions.sign_in`.
"""
