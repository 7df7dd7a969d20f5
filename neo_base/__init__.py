"""The base of our apps: API conventions, actors, access rules, admin base classes. No app itself, without models."""
