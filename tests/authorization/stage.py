"""The people and things that the table is about, made once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from neo_site.signin.actions import sign_in
from projects.actions import remove_member
from projects.actors import Actor
from projects.roles import Role
from secrets_app.actions import update_secret
from secrets_app.grant_actions import Order, create_grant
from secrets_app.models import Secret
from secrets_app.plaintext import Plaintext
from secrets_app.token_actions import create_token
from tests.cast import ApiClient, make_invitation, make_project, make_secret, make_user

NO_PROJECT = NO_SECRET = NO_TOKEN = NO_GRANT = UUID("6a1e5a3c-0000-4000-8000-000000000000")


class Stage:
    """Each actor of the table with a client and a refresh token of his, and what he acts on."""

    def __init__(self) -> None:
        flags: dict[str, dict[str, bool]] = {
            "inactive": {},
            "stranger": {},
            "exmember": {},
            "staff": {"is_staff": True},
            "superuser": {"is_staff": True, "is_superuser": True},
            "viewer": {},
            "member": {},
            "admin": {},
            "colleague": {},
            "newcomer": {},
            "other_admin": {},
        }
        self.users: dict[str, Any] = {name: make_user(name, **given) for name, given in flags.items()}
        self.users["anon"] = None
        joined = {"viewer": Role.VIEWER, "member": Role.MEMBER, "colleague": Role.MEMBER, "exmember": Role.MEMBER}
        self.project = make_project(self.users["admin"], name="Alpha", **joined, inactive=Role.MEMBER)
        self.other_project = make_project(self.users["other_admin"], name="Beta")
        self.secrets = {
            "the project's": self._secret("colleague", project_id=self.project.id),
            "another project's": self._secret("other_admin", project_id=self.other_project.id),
            "member's": self._secret("member"),
            "exmember's": self._secret("exmember"),
        }
        chief, other_chief = self.users["admin"], self.users["other_admin"]
        self.invitations = {
            "the project's": make_invitation(chief, self.project, "newcomer@example.com").row,
            "another project's": make_invitation(other_chief, self.other_project, "somebody@example.com").row,
        }
        self.tokens = {
            name: make_invitation(other_chief, self.other_project, user.email).token
            for name, user in self.users.items()
            if user and name != "other_admin"
        }
        made = create_token(actor=Actor.from_user(self.users["member"]), name="For CI", scopes=["secrets:read"])
        self.service_tokens = {"member's": made.row.id}
        order = Order(project_id=self.project.id)
        granted = create_grant(actor=Actor.from_user(self.users["member"]), order=order)
        self.grants = {"member's": granted.row.id}
        self.clients = {name: ApiClient(user) for name, user in self.users.items()}
        self.refresh_tokens = {name: sign_in(user=user).refresh for name, user in self.users.items() if user}
        self._close_the_account_of_inactive()
        remove_member(
            actor=Actor.from_user(self.users["admin"]), project_id=self.project.id, user_id=self.users["exmember"].pk
        )

    def _secret(self, maker: str, *, project_id: UUID | None = None) -> Secret:
        """A secret with a former version."""
        user = self.users[maker]
        secret = make_secret(user, project_id=project_id)
        return update_secret(actor=Actor.from_user(user), secret_id=secret.id, value=Plaintext("another value"))

    def _close_the_account_of_inactive(self) -> None:
        """He stays a member on paper, so that only the account can be what refuses him."""
        user = self.users["inactive"]
        user.is_active = False
        user.save(update_fields=["is_active"])
