"""What the API page says of itself: how to begin, and its groups in the order in which people need them."""

from __future__ import annotations

DESCRIPTION = """\
Store secrets, personal or shared with a project. Values go in and never come back; masks do.

**To begin:** execute *Sign in* with your name and password, copy `access` from the answer into *Authorize*, under
`accessToken`, and execute any other operation: its example is a request that works. After some minutes, when the answer
is 401, sign in again.
"""
# JavaScript, as drf-spectacular puts it into the page. With a `validatorUrl` the page would send the document to a
# server of Swagger's; its own interceptor would add a header against CSRF, which no credential here needs, to requests
# and to the curl commands that people copy.
SWAGGER = """{
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => request,
}"""
TAGS = [
    {"name": "Sign-in", "description": "Begin, refresh and end sessions."},
    {"name": "Secrets", "description": "Create, list, change and delete secrets, one by one or many at once."},
    {"name": "Versions", "description": "See the former versions of a secret and restore one."},
    {"name": "Projects", "description": "Share secrets with a team."},
    {"name": "Members", "description": "Say who belongs to a project, and in which role."},
    {"name": "Invitations", "description": "Invite people into a project; accept or decline."},
    {"name": "Task grants", "description": "Decide what a task may have, and see what it would get, and why."},
    {"name": "Task runtime", "description": "What a task does with its task token: get values, create secrets."},
    {"name": "Service tokens", "description": "Credentials for machines, such as a CI."},
    {"name": "Audit", "description": "Who did what, and who used which secret."},
    {"name": "Your account", "description": "Your e-mail address, password and sessions."},
]
