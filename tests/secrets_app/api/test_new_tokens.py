"""What a new service token needs: a recent sign-in and an end; and who is told of it."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from rest_framework.authentication import BasicAuthentication, SessionAuthentication

from neo_base.access.actors import Actor, Origin
from neo_site.signin.models import Session
from projects.models import Project
from secrets_app.actions.tokens import create_token
from secrets_app.api.authentication import ServiceTokenAuthentication
from secrets_app.errors import ExpiryTooLate
from secrets_app.models import AuditEvent, ServiceToken
from secrets_app.python_api import service_token_for
from tests.cast import PASSWORD, Api

TOKENS = "/api/v1/tokens"
BODY = {"name": "CI", "scopes": ["secrets:read"]}
DAY = timedelta(days=1)


@pytest.fixture
def configure(settings: Any) -> Any:
    """Return a function that sets keys of `SECRETS_APP`."""

    def change(**keys: Any) -> None:
        settings.SECRETS_APP = {**settings.SECRETS_APP, **keys}

    return change


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


class TestRecentSignIn:
    @pytest.mark.parametrize(("seconds", "status"), [(595, 201), (601, 403), (86_400, 403)])
    def test_a_session_makes_tokens_in_its_first_ten_minutes(
        self, api: Api, member: Any, seconds: int, status: int
    ) -> None:
        client = api(member)
        Session.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))
        assert client.post(TOKENS, BODY).status_code == status

    def test_the_refusal_says_to_sign_in_again_and_is_recorded(self, api: Api, member: Any) -> None:
        client = api(member)
        Session.objects.update(created_at=timezone.now() - DAY)
        answer = client.post(TOKENS, BODY)
        assert code_of(answer) == (403, "sign_in_again")
        assert "Sign in again" in answer.json()["detail"]
        assert not ServiceToken.objects.exists()

    def test_everything_else_still_works_then(self, api: Api, member: Any) -> None:
        client = api(member)
        made = client.post(TOKENS, BODY).json()
        Session.objects.update(created_at=timezone.now() - DAY)
        assert client.get(TOKENS).json()["count"] == 1
        assert client.post("/api/v1/task-grants", {}).status_code == 201
        assert client.delete(f"{TOKENS}/{made['id']}").status_code == 204

    @pytest.mark.parametrize(("age", "status"), [(60, 403), (7200, 201), (None, 201)])
    def test_the_site_chooses_how_recent(
        self, api: Api, member: Any, configure: Any, age: int | None, status: int
    ) -> None:
        configure(SIGN_IN_AGE_SECONDS=age)
        client = api(member)
        Session.objects.update(created_at=timezone.now() - timedelta(hours=1))
        assert client.post(TOKENS, BODY).status_code == status

    def test_a_cookie_makes_tokens_while_its_sign_in_is_recent(self, member: Any, configure: Any) -> None:
        configure(AUTHENTICATION_CLASSES=[_path(ServiceTokenAuthentication), _path(SessionAuthentication)])
        browser = Client()
        browser.force_login(member)
        assert browser.post(TOKENS, BODY, "application/json").status_code == 201
        session = browser.session
        session["neo_signed_in_at"] -= 601
        session.save()
        assert code_of(browser.post(TOKENS, BODY, "application/json")) == (403, "sign_in_again")
        del session["neo_signed_in_at"]
        session.save()
        assert code_of(browser.post(TOKENS, BODY, "application/json")) == (403, "sign_in_again")

    def test_a_credential_that_tells_no_time_makes_none(self, member: Any, configure: Any) -> None:
        configure(AUTHENTICATION_CLASSES=[_path(BasicAuthentication)])
        basic = {"Authorization": "Basic " + _base64(f"member:{PASSWORD}")}
        answer = Client().post(TOKENS, BODY, "application/json", headers=basic)
        assert code_of(answer) == (403, "sign_in_again")

    def test_the_sites_own_code_is_not_asked(self, member: Any) -> None:
        assert service_token_for(member, name="CI", scopes=["secrets:read"]).row.pk


class TestEnd:
    def test_a_token_ends_after_90_days(self, api: Api, member: Any) -> None:
        made = api(member).post(TOKENS, BODY).json()
        assert _days_until(made["expires_at"]) == 90

    def test_the_site_chooses_the_usual_time(self, api: Api, member: Any, configure: Any) -> None:
        configure(SERVICE_TOKEN_DAYS=7)
        assert _days_until(api(member).post(TOKENS, BODY).json()["expires_at"]) == 7

    def test_the_usual_time_is_never_more_than_the_most(self, api: Api, member: Any, configure: Any) -> None:
        configure(MAX_SERVICE_TOKEN_DAYS=30)
        assert _days_until(api(member).post(TOKENS, BODY).json()["expires_at"]) == 30

    @pytest.mark.parametrize(
        ("most", "expires_at", "status"),
        [
            (366, None, 409),
            (366, "2999-01-01T00:00:00Z", 409),
            (None, None, 201),
            (None, "2999-01-01T00:00:00Z", 201),
        ],
    )
    def test_no_end_and_one_far_away_need_a_site_that_allows_them(
        self, api: Api, member: Any, configure: Any, most: int | None, expires_at: str | None, status: int
    ) -> None:
        configure(MAX_SERVICE_TOKEN_DAYS=most)
        answer = api(member).post(TOKENS, {**BODY, "expires_at": expires_at})
        assert code_of(answer) == (status, "expiry_too_late" if status == 409 else "")
        assert ServiceToken.objects.count() == (status == 201)

    def test_the_python_api_has_the_same_rules(self, member: Any, configure: Any) -> None:
        made = service_token_for(member, name="CI", scopes=["secrets:read"])
        assert made.row.expires_at is not None
        with pytest.raises(ExpiryTooLate):
            service_token_for(member, name="CI", scopes=["secrets:read"], expires_at=None)
        configure(MAX_SERVICE_TOKEN_DAYS=None)
        assert service_token_for(member, name="CI", scopes=["secrets:read"], expires_at=None).row.expires_at is None

    def test_the_audit_log_has_the_end(self, api: Api, member: Any) -> None:
        made = api(member).post(TOKENS, BODY).json()
        recorded = AuditEvent.objects.get(event="token.created")
        assert _days_until(recorded.data["expires_at"]) == 90
        assert recorded.subject_id == made["id"]


@pytest.mark.django_db(transaction=True)
class TestMail:
    def test_the_owner_is_told_without_the_token(self, api: Api, member: Any, project: Project) -> None:
        made = api(member).post(TOKENS, {**BODY, "name": "For CI", "project_id": str(project.id)}).json()
        [sent] = mail.outbox
        assert (sent.to, sent.subject) == (["member@example.com"], "New service token: For CI")
        for shown in ("For CI", made["prefix"], "secrets:read", str(project.id), "127.0.0.1", made["expires_at"][:10]):
            assert shown in sent.body
        assert made["token"] not in sent.body
        assert "sign out everywhere" in sent.body

    def test_a_token_without_end_says_so(self, member: Any, configure: Any) -> None:
        configure(MAX_SERVICE_TOKEN_DAYS=None)
        service_token_for(member, name="CI", scopes=["secrets:read"], expires_at=None)
        assert "Expires:     never" in mail.outbox[0].body

    def test_german_sites_write_german(self, member: Any, settings: Any) -> None:
        settings.LANGUAGE_CODE = "de"
        service_token_for(member, name="CI", scopes=["secrets:read"])
        assert mail.outbox[0].subject == "Neues Dienst-Token: CI"

    def test_nothing_is_sent_of_what_was_rolled_back(self, member: Any) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            service_token_for(member, name="CI", scopes=["secrets:read"])
            raise ZeroDivisionError
        assert mail.outbox == []

    @pytest.mark.parametrize("backend", ["dummy", "missing"])
    def test_a_token_is_made_without_mail(
        self, member: Any, settings: Any, backend: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
        made = service_token_for(member, name="CI", scopes=["secrets:read"])
        assert ServiceToken.objects.usable().get() == made.row
        logged = [record.getMessage() for record in caplog.records if "token.mail_failed" in record.getMessage()]
        assert len(logged) == (backend == "missing")
        assert made.text not in caplog.text

    def test_a_user_without_an_address_is_not_told(self, member: Any) -> None:
        member.email = ""
        member.save()
        service_token_for(member, name="CI", scopes=["secrets:read"])
        assert mail.outbox == []

    def test_a_name_cannot_write_a_line_of_its_own(self, member: Any) -> None:
        create_token(actor=Actor.from_user(member), name="CI\nBcc: x@example.com", scopes=["secrets:read"])
        assert mail.outbox[0].subject == "New service token: CI Bcc: x@example.com"
        assert "\nBcc" not in mail.outbox[0].body

    def test_the_address_of_the_client_is_named_where_it_is_known(self, member: Any) -> None:
        origin = Origin(client_address="192.0.2.7", signed_in_at=timezone.now())
        create_token(actor=Actor.from_user(member, origin=origin), name="CI", scopes=["secrets:read"])
        assert "192.0.2.7" in mail.outbox[0].body


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _days_until(moment: str) -> int:
    return round((datetime.fromisoformat(moment) - datetime.now(UTC)) / DAY)
