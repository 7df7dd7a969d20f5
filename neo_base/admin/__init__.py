"""The manners of the admin: changes go through actions, lists stay quick, links lead where the site has a page."""
