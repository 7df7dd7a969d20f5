"""Sign-in of the site's users: sessions, the tokens that stand for them, and their endpoints."""
