"""Signals that `secrets_app` sends after commit. Receivers get these keyword arguments.

The sender is the model `Secret`, unless another one is named.

secret_created   secret, actor
secret_updated   secret, actor, changed (the names of the fields that were set; "value" for a new version)
secret_deleted   secret_id, owner, actor
secret_promoted  secret, actor
secret_exposed   secret_id, name, version, grant, actor (the task of `grant` got its value)
secret_expiring  secret, expires_at (for reminders; `manage.py secrets expiring` sends it for each secret, at each run)
token_created    token, actor (sender: ServiceToken)
token_revoked    token, actor (sender: ServiceToken)
grant_created    grant, actor (sender: TaskGrant; `grant.granted_secrets` are its secrets)
grant_used       grant, actor, names (sender: TaskGrant; the task got the values of the secrets with these names)
grant_revoked    grant, actor (sender: TaskGrant)

No signal carries a value or the text of a token.
"""

from django.dispatch import Signal

secret_created = Signal()
secret_updated = Signal()
secret_deleted = Signal()
secret_promoted = Signal()
secret_exposed = Signal()
secret_expiring = Signal()
token_created = Signal()
token_revoked = Signal()
grant_created = Signal()
grant_used = Signal()
grant_revoked = Signal()
