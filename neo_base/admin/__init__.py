"""Base classes of our admin pages: changes go through actions, lists stay fast, links lead only to pages that exist."""
