"""Signals of this app, sent after commit. Receivers get keyword arguments; senders are the model classes.

project_created       project, actor
project_updated       project, actor
project_deleted       project_id, actor
member_added          membership, actor
member_changed        membership, actor
member_removed        project_id, user_id, actor
invitation_created    invitation, actor
invitation_accepted   invitation, actor
invitation_declined   invitation, actor
invitation_revoked    invitation, actor
"""

from django.dispatch import Signal

project_created = Signal()
project_updated = Signal()
project_deleted = Signal()
member_added = Signal()
member_changed = Signal()
member_removed = Signal()
invitation_created = Signal()
invitation_accepted = Signal()
invitation_declined = Signal()
invitation_revoked = Signal()
