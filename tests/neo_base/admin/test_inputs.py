"""What URLs and forms of the admin may hold: anything, without a 500 and without a lookup that no page offers.

Both databases, since they differ in the characters and numbers that they refuse.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neo_base.access.roles import Role
from neo_base.admin.users import BoundedUsers
from projects.models import Membership
from secrets_app.models import AuditEvent, DataKey, KeyCheckValue, Secret, TaskGrant
from tests.cast import make_project, make_secret, make_user

User = get_user_model()
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
names = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
few = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])

# One of each kind that a database, or Python, has been seen to refuse.
NASTY = ["\0", "a\0b", "(a+)+$", "-1", "9" * 40, "1e999", "9999-12-31", "0001-01-01T00:00:00+14:00", "1,\0", "x" * 5000]
STRANGE = [
    *("", " ", "[", "\\", "'", '"', "%", "%00", "\ufffe", "\U0010ffff", "\u202e", "0", "1", "1.5", "NaN", "١٢٣"),
    *(str(2**31), str(2**63), "9" * 5000, "0001-01-01", "10000-01-01", "2026-02-30", "9999-12-31T23:59:59-14:00"),
    *("true", "null", "a,b", "{}", "../../x", "00000000-0000-4000-8000-000000000000", "1.-2.99", "-" * 99),
]
LOOKUPS = [
    "",
    "__exact",
    "__iexact",
    "__contains",
    "__in",
    "__gt",
    "__range",
    "__regex",
    "__iregex",
    "__isnull",
    "__year",
]
COMMON = [
    "q",
    "p",
    "o",
    "all",
    "e",
    "_popup",
    "_to_field",
    "_facets",
    "_changelist_filters",
    "day",
    "hours",
    "kind",
    "nothing",
]
values = st.one_of(st.sampled_from(NASTY + STRANGE), st.text(max_size=20))


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def offered(model: type[Model]) -> list[str]:
    """Every parameter that the list of `model` may read, and every lookup on its columns and related rows."""
    page: Any = admin.site._registry[model]
    columns = [field.name for field in model._meta.get_fields()]
    related = [
        f"{field.name}__{column}" for field in model._meta.get_fields() if field.is_relation for column in ("id", "pk")
    ]
    filters = [getattr(each, "parameter_name", None) for each in page.list_filter if isinstance(each, type)]
    return [
        *COMMON,
        *filter(None, filters),
        *getattr(page, "allowed_lookups", ()),
        *(column + lookup for column in (*columns, *related) for lookup in LOOKUPS),
    ]


def filtering(model: type[Model]) -> set[str]:
    """The parameters by which the list of `model` is filtered."""
    page: Any = admin.site._registry[model]
    columns = [f"{each}__exact" for each in page.list_filter if isinstance(each, str)]
    related = [f"{each[0]}__id__exact" for each in page.list_filter if isinstance(each, tuple)]
    return {*page.allowed_lookups, *columns, *related}


@pytest.fixture(scope="module")
def owner(kept_for_the_module: None) -> Any:
    """A superuser, on a site with a row of most models, so that a list has what to filter."""
    chief, member, _ = (make_user(name) for name in ("admin", "member", "viewer"))
    make_project(chief, name="Alpha", member=Role.MEMBER, viewer=Role.VIEWER)
    make_secret(member)
    Group.objects.create(name="editors")
    return make_user("superuser", is_staff=True, is_superuser=True)


@pytest.fixture
def operator(db: None, client: Client, owner: Any) -> Client:
    client.force_login(owner)
    return client


@names
@few
@given(data=st.data())
def test_a_list_takes_any_parameters(operator: Client, model: type[Model], data: st.DataObject) -> None:
    asked = data.draw(st.dictionaries(st.one_of(st.sampled_from(offered(model)), st.text()), values, max_size=3))
    assert operator.get(address(model, "changelist"), query_params=asked).status_code in (200, 302, 400)


@names
def test_each_parameter_of_a_list_takes_what_is_nasty(operator: Client, model: type[Model]) -> None:
    asked = [{name: value} for name in filtering(model) for value in NASTY]
    answers = {operator.get(address(model, "changelist"), query_params=each).status_code for each in asked}
    assert answers <= {200, 302, 400}


@names
@few
@given(
    chosen=st.lists(values, min_size=1, max_size=3),
    action=st.sampled_from(["delete_selected", "revoke", "promote", "\0"]),
)
def test_an_action_takes_any_selection(operator: Client, model: type[Model], chosen: list[str], action: str) -> None:
    form = {"action": action, "_selected_action": chosen, "index": "0", "post": "yes"}
    rows = list(model._base_manager.values_list("pk", flat=True))
    assert operator.post(address(model, "changelist"), form).status_code in (200, 302, 400, 403)
    # The selection may name a row, by chance; nothing else than that row is gone.
    kept = {str(pk) for pk in model._base_manager.values_list("pk", flat=True)}
    assert {str(pk) for pk in rows} - kept <= set(chosen)


@pytest.mark.parametrize("name", COMMON)
def test_what_every_list_reads_takes_anything(operator: Client, name: str) -> None:
    asked = [{name: value} for value in NASTY]
    answers = {operator.get(address(User, "changelist"), query_params=each).status_code for each in asked}
    assert answers <= {200, 302, 400}


@names
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_a_page_of_a_row_takes_any_key(operator: Client, model: type[Model], page: str) -> None:
    answers = {operator.get(address(model, page, key.replace("\0", "_00"))).status_code for key in NASTY}
    assert answers <= {200, 302, 403, 404}


@names
def test_a_form_takes_any_initial_values(operator: Client, model: type[Model]) -> None:
    fields = [field.name for field in model._meta.get_fields()]
    for value in NASTY:
        answer = operator.get(address(model, "add"), query_params=dict.fromkeys(fields, value))
        assert answer.status_code in (200, 400, 403), value


@pytest.mark.parametrize("term", [*NASTY, "a b c d e"])
def test_an_autocompletion_takes_any_term(operator: Client, term: str) -> None:
    asked = {"app_label": "secrets_app", "model_name": "secret", "field_name": "project", "term": term}
    assert operator.get(reverse("admin:autocomplete"), query_params=asked).status_code == 200


FAULTS = [
    *[(AuditEvent, name, "\0") for name in ("actor_id", "subject_id", "event")],
    *[(DataKey, name, "\0") for name in ("master_key_id", "state__exact")],
    (AuditEvent, "project_id", "no-id"),
    (TaskGrant, "user__id__exact", "9" * 40),
    (Membership, "role__exact", "\0"),
    (Secret, "user__id__exact", "\0"),
    (User, "is_staff__exact", "\0"),
    (User, "groups__id__exact", "\0"),
    (User, "groups__id__exact", "9" * 40),
]


@pytest.mark.parametrize(("model", "name", "value"), FAULTS)
def test_a_filter_that_cannot_be_used_is_told(operator: Client, model: type[Model], name: str, value: str) -> None:
    page = operator.get(address(model, "changelist"), data={name: value}, follow=True)
    assert page.status_code == 200
    shown = page.context["cl"]
    assert ("cannot be used" in page.text) or shown.result_count == 0
    assert page.redirect_chain or shown.result_count == 0


def test_a_second_bad_filter_is_no_database_error(operator: Client) -> None:
    asked = {"e": "1", "is_staff__exact": "\0"}
    page = operator.get(address(User, "changelist"), data=asked, follow=True)
    assert "cannot be used" in page.text
    assert page.context["cl"].result_count == User.objects.count()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_ends_of_the_calendar_are_days(operator: Client, day: str) -> None:
    assert operator.get(address(AuditEvent, "changelist"), query_params={"day": day}).status_code == 200


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (User, "username__regex"),
        (User, "password__startswith"),
        (User, "email"),
        (User, "groups__permissions__codename"),
        (Group, "name__regex"),
        (Group, "permissions__content_type__app_label"),
        (KeyCheckValue, "master_key_id__regex"),
    ],
)
def test_no_list_takes_a_lookup_that_it_does_not_offer(operator: Client, model: type[Model], lookup: str) -> None:
    assert operator.get(address(model, "changelist"), query_params={lookup: "a"}).status_code == 400


def test_the_filters_of_users_still_filter(operator: Client) -> None:
    for asked, found in (({"is_superuser__exact": "1"}, {"superuser"}), ({"q": "memb"}, {"member"})):
        page = operator.get(address(User, "changelist"), query_params=asked)
        assert {user.username for user in page.context["cl"].result_list} == found


# Python's time in UTC is outside of its calendar. PostgreSQL compares with it, SQLite has to be told it in UTC.
EITHER = {200, 302}


class ByDate(BoundedUsers, UserAdmin):  # type: ignore[type-arg]
    """A host's own page, with filters that Django has and ours do not."""

    date_hierarchy = "date_joined"
    list_filter = (("date_joined", admin.DateFieldListFilter), "is_staff", ("email", admin.EmptyFieldListFilter))
    allowed_lookups = frozenset({"username__startswith"})


@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        ({"date_joined__year": "2026"}, {200}),
        ({"date_joined__gte": "2020-01-01 00:00:00+00:00", "date_joined__lt": "9999-12-31 00:00:00+00:00"}, {200}),
        ({"username__startswith": "m"}, {200}),
        ({"email__isempty": "1"}, {200}),
        ({"date_joined__year": "9999"}, {302}),
        ({"date_joined__gte": "0001-01-01T00:00:00+14:00"}, EITHER),
        ({"date_joined__gte": "9999-12-31T23:59:59-14:00"}, EITHER),
        ({"username__startswith": "\0"}, {302}),
    ],
)
def test_a_hosts_page_keeps_its_filters(db: None, owner: Any, asked: dict[str, str], statuses: set[int]) -> None:
    request = RequestFactory().get("/", asked)
    request.user = owner
    assert ByDate(User, AdminSite()).changelist_view(request).status_code in statuses
