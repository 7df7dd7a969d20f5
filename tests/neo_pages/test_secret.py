"""The page of one secret, and what can be done to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions.secrets import update_secret
from secrets_app.models import Secret
from secrets_app.plaintext import Plaintext
from tests.cast import make_project, make_secret
from tests.contract import stored_value
from tests.neo_pages.conftest import SignedIn
from tests.secrets_app.task import MakeTask

pytestmark = pytest.mark.once

VALUE = "value-0123456789abcdef"


def address(name: str, secret: Secret, *more: Any) -> str:
    return reverse(f"neo_pages:{name}", args=[secret.pk, *more])


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    page: str = answer.content.decode()
    return page


@pytest.fixture
def secret(member: Any, project: Project) -> Secret:
    """A secret of `project` in its second version."""
    made = make_secret(member, name="TOKEN", value="the-first-value-1234", project_id=project.pk)
    return update_secret(actor=Actor.from_user(member), secret_id=made.pk, value=Plaintext(VALUE))


def test_the_page_shows_masks_of_all_versions_and_no_value(secret: Secret, viewer: Any, signed_in: SignedIn) -> None:
    page = text(signed_in(viewer).get(address("secret", secret)))
    assert page.count("val••••••••cdef") == 2
    assert "the••••••••1234" in page
    assert VALUE not in page


def test_the_page_tells_who_used_the_secret(
    secret: Secret, member: Any, signed_in: SignedIn, make_task: MakeTask
) -> None:
    assert "No task has got it." in text(signed_in(member).get(address("secret", secret)))
    make_task(member, "TOKEN", project_id=secret.project_id).environment()
    page = text(signed_in(member).get(address("secret", secret)))
    used = page.partition('id="uses"')[2]
    assert '<td data-label="Who">member</td><td data-label="By">task</td><td data-label="Version">2</td>' in used


@pytest.mark.parametrize("before", ["x", "00000000-0000-0000-0000-000000000000"])
def test_no_address_of_uses_fails(before: str, secret: Secret, member: Any, signed_in: SignedIn) -> None:
    text(signed_in(member).get(address("secret", secret) + f"?before={before}"))


def test_a_new_value_becomes_a_version(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    answer = signed_in(member).post(address("secret_value", secret), {"value": "line one\r\nline two"}, follow=True)
    assert "The new value is version 3." in text(answer)
    assert stored_value(secret.pk) == "line one\nline two"


def test_a_former_version_is_restored(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    answer = signed_in(member).post(address("secret_restore", secret, 1), follow=True)
    assert "Version 1 is back, as version 3." in text(answer)
    assert stored_value(secret.pk) == "the-first-value-1234"


def edit_form(secret: Secret, **fields: Any) -> dict[str, Any]:
    return {"name": secret.name, "description": secret.description, "etag": secret.etag, **fields}


def test_name_description_and_expiry_are_edited(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    form = edit_form(secret, name="renamed", description="For CI", expires_at="2031-02-03T04:05")
    answer = signed_in(member).post(address("secret_edit", secret), form, follow=True)
    assert "Saved." in text(answer)
    now = Secret.objects.get()
    assert (now.name, now.description, now.default_available) == ("RENAMED", "For CI", False)
    assert now.expires_at is not None
    assert now.expires_at.isoformat() == "2031-02-03T04:05:00+00:00"
    assert stored_value(secret.pk) == VALUE


def test_an_expiry_that_nobody_touched_stays_to_the_second(member: Any, signed_in: SignedIn) -> None:
    at = timezone.now() + timedelta(days=5)
    secret, client = make_secret(member, expires_at=at), signed_in(member)
    shown = timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")
    assert f'value="{shown}"' in text(client.get(address("secret_edit", secret)))
    client.post(address("secret_edit", secret), edit_form(secret, description="x", expires_at=shown))
    assert Secret.objects.get().expires_at == at


def test_a_change_from_elsewhere_is_not_overwritten(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    form = edit_form(secret, description="mine")
    update_secret(actor=Actor.from_user(member), secret_id=secret.pk, changes={"description": "theirs"})
    page = text(signed_in(member).post(address("secret_edit", secret), form))
    assert "Somebody changed this secret meanwhile" in page
    assert Secret.objects.get().description == "theirs"


def test_a_taken_name_is_told_beside_the_field(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    make_secret(member, name="OTHER", project_id=secret.project_id)
    page = text(signed_in(member).post(address("secret_edit", secret), edit_form(secret, name="OTHER")))
    assert "This owner already has a secret with this name." in page
    assert page.index("This owner already has") > page.index('name="name"')


def test_a_secret_moves_and_leaves_nothing_behind(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    form = {"way": "move", "destination": "personal", "name": "MINE"}
    answer = signed_in(member).post(address("secret_send", secret), form, follow=True)
    assert "Moved." in text(answer)
    moved = Secret.objects.get()
    assert (moved.name, moved.user, moved.project_id) == ("MINE", member, None)
    assert stored_value(moved.pk) == VALUE


def test_a_copy_is_sealed_for_its_owner(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    beyond = make_project(member, name="Beyond")
    form = {"way": "copy", "destination": str(beyond.pk), "name": secret.name}
    answer = signed_in(member).post(address("secret_send", secret), form, follow=True)
    assert "Copied." in text(answer)
    copy = Secret.objects.get(project=beyond)
    assert copy.data_key_id != secret.data_key_id
    assert stored_value(copy.pk) == stored_value(secret.pk) == VALUE


def test_a_secret_is_deleted_after_a_question(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    client = signed_in(member)
    assert "Alpha: its 2 versions are lost" in text(client.get(address("secret_delete", secret)))
    assert Secret.objects.count() == 1
    assert "TOKEN is deleted." in text(client.post(address("secret_delete", secret), follow=True))
    assert Secret.objects.count() == 0


def test_a_quarantine_says_why_and_ends_by_a_person(secret: Secret, member: Any, signed_in: SignedIn) -> None:
    Secret.objects.update(quarantine_reason="agent")
    client = signed_in(member)
    assert "A task made it" in text(client.get(address("secret", secret)))
    assert "Promoted" in text(client.post(address("secret_promote", secret), follow=True))
    assert not Secret.objects.get().is_quarantined


def test_a_risky_name_needs_an_admin(member: Any, admin: Any, project: Project, signed_in: SignedIn) -> None:
    secret = make_secret(member, name="NODE_OPTIONS", project_id=project.pk)
    page = text(signed_in(member).get(address("secret", secret)))
    assert "changes how programs run" in page
    assert "An admin of the project can." in page
    assert "Promote</button>" in text(signed_in(admin).get(address("secret", secret)))


ACTS = ("secret_edit", "secret_value", "secret_delete", "secret_promote", "secret_restore")
READS = ("secret", "secret_send")


@pytest.mark.parametrize("person", ["stranger", "exmember", "superuser"])
@pytest.mark.parametrize("name", [*READS, *ACTS])
def test_whoever_cannot_see_a_secret_gets_404_everywhere(
    name: str, person: str, secret: Secret, signed_in: SignedIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(person))
    assert client.post(address(name, secret, *([1] if name == "secret_restore" else []))).status_code == 404
    assert Secret.objects.get().revision == secret.revision


@pytest.mark.parametrize("name", ACTS)
def test_a_viewer_can_do_nothing_and_is_told_why(name: str, secret: Secret, viewer: Any, signed_in: SignedIn) -> None:
    where = address(name, secret, *([1] if name == "secret_restore" else []))
    answer = signed_in(viewer).post(where, {"value": "x", **edit_form(secret)})
    assert answer.status_code == 403
    assert "Your role in the project does not allow this" in answer.content.decode()
    assert Secret.objects.get().revision == secret.revision


@pytest.mark.parametrize("way", ["move", "copy"])
def test_a_viewer_can_take_nothing_elsewhere(way: str, secret: Secret, viewer: Any, signed_in: SignedIn) -> None:
    form = {"way": way, "destination": "personal", "name": secret.name}
    assert signed_in(viewer).post(address("secret_send", secret), form).status_code == 403
    assert Secret.objects.count() == 1


def test_statements_do_not_depend_on_versions(member: Any, signed_in: SignedIn, django_assert_num_queries: Any) -> None:
    secret, client = make_secret(member), signed_in(member)
    for number in (1, 8):
        for _ in range(number):
            update_secret(actor=Actor.from_user(member), secret_id=secret.pk, value=Plaintext("0123456789"))
        with django_assert_num_queries(7):
            client.get(address("secret", secret))
