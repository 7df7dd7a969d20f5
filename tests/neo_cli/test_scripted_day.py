"""A day of a member, from the first secret to leaving a project: each task is one command of `neo`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.live.site import Site
from tests.neo_cli.command import Neo, Result

VALUE = "ghp_0123456789abcdefwxyz"
# (the task, the command, what it says)
ALONE = [
    ("store a new key", "secrets set DEPLOY_KEY --generate --length 40 --description Robots", "version 1."),
    ("rotate it", "secrets set DEPLOY_KEY --stdin", "DEPLOY_KEY is set: ghp••••••••wxyz, version 2."),
    ("see what there is", "secrets list", "ghp••••••••wxyz"),
    ("see its versions", "secrets versions DEPLOY_KEY", "current"),
    ("restore the value of before", "secrets restore DEPLOY_KEY", "Version 1 of DEPLOY_KEY is restored"),
    ("restore the one in between", "secrets restore DEPLOY_KEY 2", "ghp••••••••wxyz, version 4."),
    ("let it expire, and tell why", "secrets edit DEPLOY_KEY --expires-at 90d --description CI", "is changed."),
    ("look at it", "secrets show DEPLOY_KEY", "Description  CI"),
    ("give it its right name", "secrets rename DEPLOY_KEY DEPLOY_TOKEN", "DEPLOY_KEY is now DEPLOY_TOKEN."),
    ("make a project", "projects create Daylight", "Daylight is created."),
    ("move the key there", "secrets move DEPLOY_TOKEN --to Daylight", "moved to the project Daylight."),
    ("keep a copy", "secrets copy DEPLOY_TOKEN --project Daylight --to-personal --as MY_COPY", "as MY_COPY."),
    ("invite a colleague", "invitations create Daylight {colleague}@example.com", "is invited."),
    ("see who was asked", "invitations list Daylight", "open"),
]
TOGETHER = [
    ("make them an admin", "projects members change Daylight {colleague} admin", "has the role admin."),
    ("see who is in", "projects members list Daylight", "{colleague}"),
    ("see what happened", "audit --project Daylight --secret DEPLOY_TOKEN --since 1d", "secret.arrived"),
    ("find a better name", "projects rename Daylight Sunlight", "name is now Sunlight."),
    ("hand the project over", "projects transfer Sunlight {colleague}", "{colleague} now owns the project."),
    ("leave it", "projects leave Sunlight --yes", "no longer a member of Sunlight."),
    ("tidy up", "secrets delete MY_COPY --yes", "MY_COPY is deleted."),
    ("see where they are signed in", "sessions list", "this login"),
    ("end what they do not know", "sessions end --others --yes", "Sessions ended: 1."),
]


@pytest.fixture
def names(site: Site) -> dict[str, str]:
    """Return the user names of a member and a colleague, who are new each time."""
    names = {who: f"{who}-{uuid4().hex[:8]}" for who in ("member", "colleague")}
    site.add_users(*names.values())
    return names


def mailed_token(site: Site, username: str) -> str:
    """Return the token of the last invitation that was mailed to this user, which this site prints."""
    mail = site.output.read_text().rpartition(f"To: {username}@example.com")[2]
    return str(re.findall(r"[A-Za-z0-9_-]{40,}", mail)[0])


def done(neo: Callable[..., Result], task: str, command: str, expected: str, **how: Any) -> Result:
    result = neo(*command.split(), **{"stdin": VALUE} | how)
    assert (result.code, expected in result.out) == (0, True), f"{task}: {result}"
    assert VALUE not in result.out + result.err
    return result


def test_each_task_is_one_command(site: Site, names: dict[str, str], tmp_path: Path) -> None:
    site.sign_in(names["member"])
    day = Neo(site, tmp_path / "member").log_in(names["member"])
    for task, command, expected in ALONE:
        done(day, task, command.format(**names), expected.format(**names))
    use = "run --project Daylight --secret DEPLOY_TOKEN -- printenv DEPLOY_TOKEN"
    done(day.process, "run a command with it", use, "{{$DEPLOY_TOKEN}}", stdin=b"")
    done(day, "see who used it", "secrets uses DEPLOY_TOKEN --project Daylight", names["member"])

    colleague = Neo(site, tmp_path / "colleague").log_in(names["colleague"])
    link = f"{site.url}/invitations/{mailed_token(site, names['colleague'])}/"
    joined = colleague("invitations", "accept", "--stdin", stdin=link)
    assert joined.out == "You are now a member of Daylight, with the role member.\n", joined.err

    token = done(day, "give CI a token", "tokens create CI --project Daylight --scope runtime:use", "neo_sk_").out
    ci = {
        "NEO_TOKEN": token.strip(),
        "NEO_SERVER": site.url,
        "NEO_PROJECT": day("projects", "list", "--json").json[0]["id"],
    }
    done(day.process, "deploy in CI", use.replace("--project Daylight ", ""), "{{$DEPLOY", stdin=b"", variables=ci)
    done(day, "take the token back", "tokens revoke CI --yes", "CI is revoked.")

    for task, command, expected in TOGETHER:
        done(day, task, command.format(**names), expected.format(**names))

    new = "another password of the day"
    changed = day("password", "--stdin", stdin=f"{site.password_of(names['member'])}\n{new}\n")
    assert (changed.code, changed.out) == (0, "Your password is changed, and your other sessions have ended.\n")
    assert day("whoami").out.startswith(f"{names['member']} at ")
