"""Master keys: loaded by the settings, proved by their check values, refused by id, and never written anywhere."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from secrets_app import master_keys, vault
from secrets_app.crypto import Keyring, KeyringError, UnknownKey, keyring_from_text
from secrets_app.errors import KeyUnavailable
from secrets_app.master_keys import check_master_keys, key_provider
from secrets_app.models import DataKey, KeyCheckValue, Secret
from tests.cast import CANARY, make_secret
from tests.refusals import refusal_of
from tests.secrets_app.conftest import UseKeys, forget_keys

KeyLine = Callable[[str], str]

# The key of `own_provider`, which the tests configure by its dotted path, as a site would.
OWN_LINE = "own:" + base64.b64encode(bytes(range(32))).decode()


def own_provider() -> Keyring:
    return keyring_from_text(OWN_LINE, "the tests")


def rows() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in (DataKey, KeyCheckValue, Secret)]


def material(*lines: str) -> list[str]:
    """Return the spellings of these keys that no message may hold: base64 and hex."""
    encoded = [line.split(":")[1] for line in lines]
    return [*encoded, *(base64.b64decode(text).hex() for text in encoded)]


def test_the_check_value_is_stored_at_the_first_use(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    use_keys(key_line("first"), key_line("second"))
    check_master_keys()
    assert not KeyCheckValue.objects.exists()
    make_secret(member, name="A")
    make_secret(member, name="B")
    assert list(KeyCheckValue.objects.values_list("master_key_id", flat=True)) == ["first"]
    check_master_keys()


def test_an_added_key_gets_its_check_value_when_active(
    use_keys: UseKeys, key_line: KeyLine, member: Any, stranger: Any
) -> None:
    old, new = key_line("old"), key_line("new")
    use_keys(old)
    secret = make_secret(member)
    use_keys(new, old)
    check_master_keys()
    assert vault.open_value(secret).reveal() == CANARY
    assert make_secret(stranger).data_key.master_key_id == "new"
    assert set(KeyCheckValue.objects.values_list("master_key_id", flat=True)) == {"old", "new"}


def test_another_key_under_the_same_id_is_refused_by_id(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    right, wrong = key_line("main"), key_line("main")
    use_keys(right)
    make_secret(member)
    use_keys(wrong)
    before = rows()
    with pytest.raises(KeyringError, match="'main' is not the key that was used") as refusal:
        check_master_keys()
    assert not [text for text in material(right, wrong) if text in str(refusal.value)]
    assert rows() == before


def test_a_needed_key_that_is_missing_is_refused_by_id(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    use_keys(key_line("needed"))
    make_secret(member)
    use_keys(key_line("other"))
    before = rows()
    with pytest.raises(UnknownKey, match="'needed' is needed and not in the keyring"):
        check_master_keys()
    assert rows() == before


def test_a_needed_key_without_check_value_is_still_proved(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    use_keys(key_line("main"))
    make_secret(member)
    KeyCheckValue.objects.all().delete()
    use_keys(key_line("main"))
    with pytest.raises(KeyringError, match="main"):
        check_master_keys()


def test_a_key_of_destroyed_data_keys_only_is_not_needed(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    use_keys(key_line("gone"))
    make_secret(member)
    DataKey.objects.update(state=DataKey.State.DESTROYED)
    use_keys(key_line("other"))
    check_master_keys()


def test_a_wrong_key_seals_nothing_for_a_new_owner(
    use_keys: UseKeys, key_line: KeyLine, member: Any, stranger: Any
) -> None:
    use_keys(key_line("main"))
    make_secret(member)
    use_keys(key_line("main"))
    before = rows()
    assert refusal_of(make_secret, stranger) is KeyUnavailable
    assert rows() == before


def test_a_wrong_key_seals_nothing_for_a_known_owner(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    use_keys(key_line("main"))
    make_secret(member)
    use_keys(key_line("main"))
    before = rows()
    assert refusal_of(make_secret, member, name="MORE") is KeyUnavailable
    assert rows() == before


def test_a_missing_key_is_unavailable_not_damaged(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    use_keys(key_line("main"))
    secret = make_secret(member)
    use_keys(key_line("other"))
    assert refusal_of(vault.open_value, secret) is KeyUnavailable
    assert refusal_of(vault.open_mask, secret) is KeyUnavailable
    assert refusal_of(make_secret, member, name="MORE") is KeyUnavailable


def test_without_any_key_nothing_is_sealed(use_keys: UseKeys, member: Any) -> None:
    use_keys("# no key")
    assert refusal_of(make_secret, member) is KeyUnavailable
    with pytest.raises(KeyringError, match="holds no key"):
        check_master_keys()


def test_the_check_writes_nothing(use_keys: UseKeys, key_line: KeyLine, member: Any) -> None:
    use_keys(key_line("main"))
    make_secret(member)
    forget_keys()
    with CaptureQueriesContext(connection) as queries:
        check_master_keys()
    assert [query["sql"] for query in queries if not query["sql"].lstrip().upper().startswith("SELECT")] == []


def test_the_check_passes_without_our_tables(use_keys: UseKeys, key_line: KeyLine, db: None) -> None:
    use_keys(key_line("main"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE secrets_app_keycheckvalue RENAME TO secrets_app_keycheckvalue_away")
    check_master_keys()


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize(
    ("provider", "active"), [("env", "from-env"), (f"{__name__}.own_provider", "own"), ("file", None)]
)
def test_the_setting_names_where_keys_come_from(
    provider: str, active: str | None, settings: Any, key_line: KeyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO_TEST_KEYS", key_line("from-env"))
    settings.SECRETS_APP = settings.SECRETS_APP | {"KEY_PROVIDER": provider, "KEY_VARIABLE": "NEO_TEST_KEYS"}
    assert active in (None, key_provider().active_key_id)


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("provider", ["file", "env"])
def test_keys_that_cannot_be_loaded_are_unavailable(provider: str, settings: Any, member: Any) -> None:
    wrong = {"KEY_PROVIDER": provider, "KEY_FILE": "", "KEY_VARIABLE": "NEO_NO_SUCH_VARIABLE"}
    settings.SECRETS_APP = settings.SECRETS_APP | wrong
    assert refusal_of(make_secret, member) is KeyUnavailable


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("provider", ["no.such.module", "os.nothing", "nothing"])
def test_an_unimportable_provider_is_a_keyring_error(provider: str, settings: Any, db: None) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"KEY_PROVIDER": provider}
    with pytest.raises(KeyringError, match="KEY_PROVIDER"):
        check_master_keys()


def test_a_process_loads_its_keys_once(use_keys: UseKeys, key_line: KeyLine, settings: Any) -> None:
    use_keys(key_line("one"))
    assert key_provider() is key_provider()
    use_keys(key_line("two"))
    assert key_provider().key_ids == {"two"}
    assert master_keys._load.cache_info().currsize == 1
