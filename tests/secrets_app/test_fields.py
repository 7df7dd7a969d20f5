"""The field that holds ciphertext: what it accepts, shows and refuses."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.db.migrations.state import ModelState
from django.db.migrations.writer import MigrationWriter
from django.db.models import Case, F, Max, Q, Value, When
from django.db.models.functions import Concat
from django.forms import modelform_factory
from django_cryptography.fields import EncryptedMixin
from django_cryptography.utils.crypto import FernetBytes

from projects.models import Project
from secrets_app import vault
from secrets_app.fields import Sealed, SealedTextField
from secrets_app.models import DataKey, Secret, SecretVersion
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, Api, make_secret

SEALED = Sealed(b"\x53\x01" + 44 * b"\x07")
FIELDS = ("value", "mask")
PLAIN: tuple[Any, ...] = (CANARY, "", CANARY.encode(), bytearray(b"x"), 7, Plaintext(CANARY), [], "sealed:AAAA")
LOOKUPS = sorted({*models.TextField().get_lookups(), "exact", "length", "lower"} - {"isnull"})


@pytest.fixture
def secret(member: Any) -> Secret:
    return make_secret(member)


def copy_of(secret: Secret, **columns: Any) -> Secret:
    """Return a copy of this row that is not stored yet."""
    given = {field.attname: getattr(secret, field.attname) for field in Secret._meta.concrete_fields}
    return Secret(**given | {"id": Secret().id, "name": "OTHER"} | columns)


def saved(secret: Secret, field: str, text: Any) -> None:
    setattr(secret, field, text)
    secret.save()


def saved_columns(secret: Secret, field: str, text: Any) -> None:
    setattr(secret, field, text)
    secret.save(update_fields=[field])


def updated(secret: Secret, field: str, text: Any) -> None:
    Secret.objects.filter(pk=secret.pk).update(**{field: text})


def bulk_created(secret: Secret, field: str, text: Any) -> None:
    Secret.objects.bulk_create([copy_of(secret, **{field: text})])


def bulk_updated(secret: Secret, field: str, text: Any) -> None:
    setattr(secret, field, text)
    Secret.objects.bulk_update([secret], [field])


def created(secret: Secret, field: str, text: Any) -> None:
    columns = {"data_key": secret.data_key, "user": secret.user, "value": SEALED, "mask": SEALED}
    Secret.objects.create(name="OTHER", **columns | {field: text})


def updated_or_created(secret: Secret, field: str, text: Any) -> None:
    Secret.objects.update_or_create(pk=secret.pk, defaults={field: text})


def version_created(secret: Secret, field: str, text: Any) -> None:
    columns = {"data_key": secret.data_key, "value": SEALED, "mask": SEALED}
    SecretVersion.objects.create(secret=secret, version=9, **columns | {field: text})


WAYS = [
    saved,
    saved_columns,
    updated,
    bulk_created,
    bulk_updated,
    created,
    updated_or_created,
    version_created,
]
EXPRESSIONS = [
    Value(CANARY),
    Value(CANARY, output_field=models.TextField()),
    Concat(Value(CANARY), Value("")),
]


def stored() -> list[Any]:
    return [*Secret.objects.order_by("pk").values(), *SecretVersion.objects.order_by("pk").values()]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", PLAIN, ids=lambda text: type(text).__name__ + str(len(str(text))))
@pytest.mark.parametrize("way", WAYS)
def test_only_sealed_values_are_accepted(way: Callable[..., None], text: Any, field: str, secret: Secret) -> None:
    before = stored()
    with pytest.raises(TypeError) as refusal, transaction.atomic():
        way(secret, field, text)
    assert CANARY not in str(refusal.value)
    assert stored() == before


@pytest.mark.parametrize("way", [saved, updated, bulk_created, bulk_updated, created])
@pytest.mark.parametrize("expression", EXPRESSIONS, ids=["value", "typed", "concat"])
def test_plain_text_in_an_expression_is_refused(way: Callable[..., None], expression: Any, secret: Secret) -> None:
    before = stored()
    with pytest.raises(TypeError), transaction.atomic():
        way(secret, "value", expression)
    assert stored() == before


def test_a_missing_value_is_refused_by_the_database(secret: Secret) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        updated(secret, "value", None)


@pytest.mark.parametrize("way", WAYS)
def test_a_sealed_value_is_stored_and_comes_back(way: Callable[..., None], secret: Secret) -> None:
    way(secret, "value", SEALED)
    assert SEALED in [row.value for row in (*Secret.objects.all(), *SecretVersion.objects.all())]


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize("path", ["value", "mask", "former_versions__value"])
def test_it_has_no_lookup(lookup: str, path: str, db: None) -> None:
    with pytest.raises(FieldError) as refusal:
        list(Secret.objects.filter(**{f"{path}__{lookup}": CANARY}))
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize(
    "query",
    [
        lambda: Secret.objects.filter(value=CANARY),
        lambda: Secret.objects.filter(value=SEALED),
        lambda: Secret.objects.exclude(value=CANARY),
        lambda: Secret.objects.get(mask=CANARY),
        lambda: Secret.objects.get_or_create(value=CANARY),
        lambda: Secret.objects.filter(Q(name="A") | Q(value__startswith="A")),
        lambda: Secret.objects.filter(value=F("mask")),
        lambda: SecretVersion.objects.filter(secret__value=CANARY),
        lambda: SecretVersion.objects.filter(secret__mask__regex=".*"),
        lambda: Secret.objects.annotate(hit=Case(When(value=CANARY, then=1), default=0)),
    ],
)
def test_no_query_compares_it(query: Callable[[], Any], db: None) -> None:
    with pytest.raises(FieldError):
        query()


def test_isnull_is_a_lookup(secret: Secret) -> None:
    assert Secret.objects.filter(value__isnull=False, mask__isnull=False).get() == secret


@pytest.mark.parametrize("path", ["/api/v1/secrets", "/api/v1/secrets/{id}/versions"])
@pytest.mark.parametrize("query", ["ordering=value", "order_by=value", "ordering=-mask", "value__gt=A", "sort=value"])
def test_the_api_neither_orders_nor_filters_by_it(path: str, query: str, api: Api, member: Any, secret: Secret) -> None:
    assert api(member).get(f"{path.format(id=secret.id)}?{query}").status_code == 400


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "make",
    [
        lambda _: SEALED,
        lambda _: Plaintext(CANARY),
        lambda secret: secret,
        lambda _: Secret.objects.all(),
        lambda _: Secret.objects.values("value"),
        lambda _: list(Secret.objects.values_list("mask", flat=True)),
        lambda secret: SecretVersion(**{"secret": secret, "value": SEALED, "mask": SEALED}),
        lambda secret: vault.Sealer(secret.owner).seal(Plaintext(CANARY), secret_id=secret.id, version=1),
    ],
)
def test_nothing_sealed_or_plain_is_pickled(make: Callable[[Secret], Any], protocol: int, secret: Secret) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(make(secret), protocol=protocol)


def test_json_refuses_it() -> None:
    with pytest.raises(TypeError) as refusal:
        json.dumps({"value": SEALED, "plain": Plaintext(CANARY)}, cls=DjangoJSONEncoder)
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("holder", [SEALED, Plaintext(CANARY)])
@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        ascii,
        "{}".format,
        "{!s}".format,
        "{!r}".format,
        lambda it: "%s %r %a" % (it, it, it),  # noqa: UP031  (this way must be safe, too)
        lambda it: f"{it} {it!r} {[it]} {(it, it)}",
        lambda it: str(logging.makeLogRecord({"args": (it,)})),
    ],
)
def test_no_representation_shows_it(show: Callable[[Any], str], holder: Any) -> None:
    shown = show(holder)
    assert CANARY not in shown
    assert "\x07" not in shown
    assert "\\x07" not in shown


def test_copies_are_the_same_ciphertext(secret: Secret) -> None:
    assert copy.copy(SEALED) is copy.deepcopy(SEALED) is SEALED
    assert copy.deepcopy(secret).value == secret.value
    assert len({SEALED, copy.copy(SEALED)}) == 1
    assert SEALED.__eq__(SEALED.blob) is False


@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "yaml"])
def test_a_dump_carries_the_ciphertext_and_what_is_loaded_opens(
    form: str, tmp_path: Path, secret: Secret, project: Project, admin: Any
) -> None:
    shared = make_secret(admin, name="SHARED", value="  shared\r\n\t\u00e9 ", project_id=project.id)
    dump = tmp_path / f"dump.{form}"
    call_command("dumpdata", "auth.user", "projects", "secrets_app", format=form, output=str(dump), verbosity=0)
    for model in (Secret, DataKey, Project):
        model._default_manager.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert CANARY not in dump.read_text()
    assert vault.open_value(Secret.objects.get(pk=secret.pk)).reveal() == CANARY
    assert vault.open_value(Secret.objects.get(pk=shared.pk)).reveal() == "  shared\r\n\t\u00e9 "


@pytest.mark.parametrize("text", ["plain", "", "sealed:!!!!", "c2VhbGVk", 7, ["list"]])
def test_a_fixture_without_ciphertext_stores_nothing(text: Any, tmp_path: Path, secret: Secret) -> None:
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "secrets_app.secret", output=str(dump), verbosity=0)
    rows = json.loads(dump.read_text())
    rows[0]["fields"]["value"] = text
    dump.write_text(json.dumps(rows))
    before = stored()
    with pytest.raises(Exception, match="Sealed values only"), transaction.atomic():
        call_command("loaddata", str(dump), verbosity=0)
    assert stored() == before


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", [CANARY, "", b"bytes", 7, "sealed:%%%"])
def test_validation_refuses_a_plain_text_without_repeating_it(text: Any, field: str, secret: Secret) -> None:
    setattr(secret, field, text)
    with pytest.raises(ValidationError) as refusal:
        secret.full_clean()
    assert refusal.value.message_dict == {field: ["Sealed values only."]}


def test_validation_takes_a_sealed_value(secret: Secret) -> None:
    secret.full_clean()


def test_there_is_no_form_field(db: None) -> None:
    form = modelform_factory(Secret, fields="__all__")
    assert not {"value", "mask"} & set(form.base_fields)
    assert [field.formfield() for field in Secret._meta.fields if field.name in FIELDS] == [None, None]
    with pytest.raises(FieldError):
        modelform_factory(Secret, fields=["value"])


def test_the_cipher_of_the_package_is_not_used() -> None:
    field = Secret._meta.get_field("value")
    assert isinstance(field, EncryptedMixin)
    assert not hasattr(field, "_fernet")
    with pytest.raises(TypeError):
        SealedTextField(key="a key of its own")


def test_migrations_see_our_class_and_nothing_else() -> None:
    field = SealedTextField("text", null=True, editable=False)
    _, path, args, options = field.deconstruct()
    assert (path, args) == ("secrets_app.fields.SealedTextField", [])
    assert options == {"verbose_name": "text", "null": True, "editable": False}
    assert type(field.clone()) is SealedTextField
    assert field.clone().deconstruct() == field.deconstruct()
    written, imports = MigrationWriter.serialize(Secret._meta.get_field("value"))
    assert written == "secrets_app.fields.SealedTextField(editable=False)"
    assert imports == {"import secrets_app.fields"}


@pytest.mark.parametrize("model", [Secret, SecretVersion])
def test_the_state_of_the_model_is_stable(model: type[models.Model]) -> None:
    state = ModelState.from_model(model)
    assert state.clone() == state == ModelState.from_model(model)
    assert type(state.fields["value"]) is SealedTextField


def test_aggregates_return_ciphertext(secret: Secret) -> None:
    largest = Secret.objects.aggregate(largest=Max("value"))["largest"]
    assert largest == secret.value
    assert isinstance(largest, Sealed)


def test_a_whole_run_uses_no_pickle_and_no_package_cipher(
    api: Api, member: Any, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("used")

    client = api(member)
    for module, name in [(pickle, "dumps"), (pickle, "loads"), (pickle, "dump"), (pickle, "load")]:
        monkeypatch.setattr(module, name, never)
    for name in ("__init__", "encrypt", "encrypt_at_time", "decrypt"):
        monkeypatch.setattr(FernetBytes, name, never)
    for name in ("_dump", "_load", "__init__"):
        monkeypatch.setattr(EncryptedMixin, name, never)
    body = {"name": "TOKEN", "value": CANARY, "project_id": str(project.id)}
    path = f"/api/v1/secrets/{client.post('/api/v1/secrets', body).json()['id']}"
    statuses = [
        client.get(f"/api/v1/secrets?project_id={project.id}").status_code,
        client.patch(path, {"value": "another"}).status_code,
        client.post(f"{path}/versions/1/restore").status_code,
        client.get(f"{path}/versions").status_code,
    ]
    call_command("dumpdata", "secrets_app", output=str(tmp_path / "dump.json"), verbosity=0)
    assert statuses == [200, 200, 200, 200]
    assert vault.open_value(Secret.objects.get()).reveal() == CANARY
