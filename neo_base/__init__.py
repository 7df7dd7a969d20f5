"""What the apps stand on: the conventions of the API, who acts and may, the manners of the admin. No app, no models."""
