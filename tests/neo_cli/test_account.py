"""`neo tokens`, `invitations`, `audit`, `password` and `sessions`: what the scripted day does not meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from neo_cli.client import Client
from neo_cli.commands.account import MAX_CLIENT, _shortened
from neo_cli.commands.audit import nearest
from neo_cli.exits import Exit
from neo_cli.problems import Refusal
from tests.live.site import Site
from tests.neo_cli.command import Neo


@pytest.fixture
def person(site: Site, tmp_path: Path) -> Neo:
    """Return the `neo` of a new user."""
    name = f"person-{uuid4().hex[:8]}"
    site.add_users(name)
    return Neo(site, tmp_path / name).log_in(name)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stand in for a terminal: answer hidden questions by this list."""
    answers: list[str] = []
    monkeypatch.setattr("neo_cli.commands.account.require_terminal", str)
    monkeypatch.setattr("neo_cli.commands.account.ask_hidden", lambda _: answers.pop(0))
    yield answers
    assert answers == []


def test_password_is_asked_twice_and_ends_tokens(person: Neo, terminal: list[str]) -> None:
    token = person("tokens", "create", "CI", "--scope", "secrets:read").out.strip()
    old = person.site.password_of(person("whoami", "--json").json["username"])
    new = "quite another password"
    terminal += [old, new, "yet another password"]
    differing = person("password")
    assert (differing.code, "differ" in differing.err) == (Exit.DATA, True)
    terminal += ["not the password", new, new]
    assert person("password").code in (Exit.DATA, Exit.REFUSED)
    terminal += [old, new, new]
    changed = person("password", "--end-tokens", "--json")
    assert (changed.code, changed.json) == (0, {"service_tokens": [], "service_tokens_ended": 1})
    assert person("whoami").code == 0
    assert person("whoami", NEO_TOKEN=token).code == Exit.REFUSED


def test_password_needs_a_login_and_two_lines(person: Neo) -> None:
    token = person("tokens", "create", "CI", "--scope", "secrets:read", "--json").json["token"]
    assert person("password", "--stdin", stdin="a\nb\n", NEO_TOKEN=token).code == Exit.REFUSED
    assert person("password", "--stdin", stdin="only one\n").code == Exit.DATA
    assert person("password").code == Exit.USAGE
    kept = person("tokens", "list", "--json").json
    assert [each["name"] for each in kept] == ["CI"]
    assert token not in person("tokens", "list").out


def test_token_is_told_once_and_revoked_by_name_or_id(person: Neo) -> None:
    first, second = (person("tokens", "create", "CI", "--scope", "secrets:read", "--json").json for _ in range(2))
    assert person("tokens", "revoke", "CI", "--yes").code == Exit.NOT_FOUND
    assert person("tokens", "revoke", first["id"]).code == Exit.USAGE
    assert person("tokens", "revoke", first["id"], "--yes", "--json").json["id"] == first["id"]
    assert person("tokens", "revoke", "CI", "--yes").out == "CI is revoked.\n"
    assert person("whoami", NEO_TOKEN=second["token"]).code == Exit.REFUSED
    assert person("tokens", "create", "CI").code == Exit.USAGE
    assert person("tokens", "create", "CI", "--scope", "secrets:all").code == Exit.USAGE


@pytest.fixture
def colleague(person: Neo, site: Site, tmp_path: Path) -> Neo:
    """Return the `neo` of a member of the person's project Team, who has a token CI for it alone, and another one."""
    name = f"colleague-{uuid4().hex[:8]}"
    site.add_users(name)
    project = person("projects", "create", "Team", "--json").json["id"]
    assert person("projects", "members", "add", project, name).code == 0
    neo = Neo(site, tmp_path / name).log_in(name)
    for options in (["CI", "--project", project], ["everywhere"]):
        assert neo("tokens", "create", *options, "--scope", "secrets:read").code == 0
    return neo


def test_admin_lists_the_tokens_of_the_project(person: Neo, colleague: Neo) -> None:
    (listed,) = person("tokens", "list", "--project", "Team", "--json").json
    assert (listed["name"], listed["username"]) == ("CI", colleague("whoami", "--json").json["username"])
    table = person("tokens", "list", "--project", "Team").out
    assert [listed["username"] in table, "  Team  " in table, "everywhere" in table] == [True, True, False]
    assert person("tokens", "list", "--json").json == []
    # Neither a variable nor a file makes a list of one's own tokens that of others.
    assert [each["name"] for each in colleague("tokens", "list", "--json", NEO_PROJECT="Team").json] == [
        "everywhere",
        "CI",
    ]


def test_admin_revokes_a_token_of_the_project(person: Neo, colleague: Neo) -> None:
    unnamed = person("tokens", "revoke", "CI", "--yes")
    assert (unnamed.code, "--project" in unnamed.err) == (Exit.NOT_FOUND, True)
    assert person("tokens", "revoke", "everywhere", "--project", "Team", "--yes").code == Exit.NOT_FOUND
    revoked = person("tokens", "revoke", "CI", "--project", "Team", "--yes")
    assert (revoked.code, revoked.out) == (0, "CI is revoked.\n")
    assert [each["name"] for each in colleague("tokens", "list", "--json").json] == ["everywhere"]


def test_member_sees_no_tokens_of_the_project(colleague: Neo) -> None:
    for command in (["list"], ["revoke", "CI", "--yes"]):
        refused = colleague("tokens", *command, "--project", "Team")
        assert (refused.code, "role_too_low" in refused.err) == (Exit.REFUSED, True)
    assert len(colleague("tokens", "list", "--json").json) == 2


def test_invitation_without_mail_is_answered_with_another_way(person: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    project = person("projects", "create", "Mailless", "--json").json["id"]

    def refuse(*_: object) -> None:
        raise Refusal({"status": 409, "code": "email_off"}, None)

    monkeypatch.setattr(Client, "make", refuse)
    refused = person("invitations", "create", project, "ada@example.com")
    assert (refused.code, "neo projects members add" in refused.err) == (Exit.DATA, True)


def test_sessions_end_by_id(person: Neo, site: Site) -> None:
    name = person("whoami", "--json").json["username"]
    site.sign_in(name)
    (other,) = [each for each in person("sessions", "list", "--json").json if not each["is_current"]]
    for arguments in ([], [other["id"], "--others"]):
        assert person("sessions", "end", *arguments, "--yes").code == Exit.USAGE
    assert person("sessions", "end", other["id"]).code == Exit.USAGE
    assert [each["id"] for each in person("sessions", "end", other["id"], "--yes", "--json").json] == [other["id"]]
    assert person("sessions", "end", other["id"], "--yes").code == Exit.NOT_FOUND


def test_invitation_is_revoked_and_its_token_must_be_one(person: Neo) -> None:
    person("projects", "create", "Invites")
    address = f"{uuid4().hex[:8]}@example.com"
    assert person("invitations", "create", "Invites", address, "--role", "viewer", "--json").json["state"] == "open"
    assert person("invitations", "revoke", "Invites", "nobody@example.com", "--yes").code == Exit.NOT_FOUND
    assert person("invitations", "revoke", "Invites", address).code == Exit.USAGE
    assert person("invitations", "revoke", "Invites", address.upper(), "--yes").out.endswith("is revoked.\n")
    assert [each["state"] for each in person("invitations", "list", "Invites", "--json").json] == ["revoked"]
    for answer in ("accept", "decline"):
        assert person("invitations", answer).code == Exit.USAGE
        assert person("invitations", answer, "--stdin", stdin="no token").code == Exit.DATA
        unknown = person("invitations", answer, "--stdin", stdin="x" * 43)
        assert (unknown.code, "x" * 43 in unknown.err) == (Exit.NOT_FOUND, False)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("secret.create", ["secret.created"]),
        ("exposed", ["environment.exposed"]),
        ("secret_creatd", ["secret.created"]),
        ("Token-Revoked", ["token.revoked"]),
        ("token", ["token.created", "token.revoked"]),
        ("", []),
        ("zzz", []),
    ],
)
def test_the_nearest_names_have_the_words_or_the_spelling(wrong: str, meant: list[str]) -> None:
    names = ["environment.exposed", "secret.created", "token.created", "token.revoked"]
    assert nearest(wrong, names)[: len(meant) or None] == meant


def test_a_wrong_event_is_answered_with_the_nearest(person: Neo) -> None:
    result = person("audit", "--event", "secret.create")
    assert result.code == Exit.DATA
    assert "Did you mean secret.created?" in result.err
    assert f"are listed at {person.site.url}/api/docs" in result.err
    assert len(result.err) < 250


def test_audit_is_filtered_by_secret_actor_and_time(person: Neo) -> None:
    project = person("projects", "create", "Watched", "--json").json["id"]
    person("secrets", "set", "SEEN", "--generate", "--project", project)
    username = person("whoami", "--json").json["username"]
    place = ("audit", "--project", project, "--json")
    by = person(*place, "--secret", "SEEN", "--actor", username, "--since", "1h").json
    assert [each["event"] for each in by] == ["secret.created"]
    assert person(*place, "--until", "1h").json == []
    assert len(person(*place, "--limit", "1").json) == 1
    assert "For more, use --limit" in person("audit", "--project", project, "--limit", "1").err
    assert person("audit", "--actor", username).code == Exit.USAGE
    assert person(*place, "--actor", "nobody-here").code == Exit.NOT_FOUND
    assert person(*place, "--event", "no.event").code == Exit.DATA


def test_what_a_browser_says_of_itself_is_shortened_in_tables() -> None:
    assert _shortened("neo on laptop") == "neo on laptop"
    assert _shortened("B" * 200) == "B" * (MAX_CLIENT - 1) + "…"
