"""What `secrets_app` announces, after commit. Receivers get keyword arguments; the sender is the model `Secret`.

secret_created   secret, actor
secret_updated   secret, actor, changed (names of what was set; "value" for a new version)
secret_deleted   secret_id, owner, actor
secret_promoted  secret, actor
secret_exposed   secret_id, name, version, grant, actor (its value has been given to the task of this grant)
secret_expiring  secret, expires_at (for reminders; sent by `manage.py secrets expiring`, at each run for each secret)
token_created    token, actor (sender: ServiceToken)
token_revoked    token, actor (sender: ServiceToken)
grant_created    grant, actor (sender: TaskGrant; its names are `grant.granted_secrets`)
grant_used       grant, actor, names (sender: TaskGrant; its task has been given the values of these)
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
