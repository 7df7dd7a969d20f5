"""Key files wrapped by AWS KMS, here moto over HTTP: what opens, what does not, and that no key is ever printed."""

from __future__ import annotations

import base64
import logging
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from secrets_app.crypto import (
    AwsKms,
    KeyringError,
    aws_kms,
    generate_key_line,
    keyring_from_file,
    keyring_from_text,
    rewritten_key_lines,
)
from secrets_app.crypto.aws_kms import is_key_arn
from secrets_app.crypto.key_services import KeyService, master_key_context
from tests.kms import A_KEY, Kms, environment, refusing
from tests.live.site import ROOT, reserve_port

KEY = bytes(range(7, 39))
CONTEXT = master_key_context("one")


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    def set_all(variables: dict[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.fixture
def service(kms: Kms, use: Callable[[dict[str, str]], None]) -> AwsKms:
    use(kms.environment)
    return AwsKms(kms.new_key())


def key_file(folder: Path, *lines: str) -> Path:
    path = folder / "master.keys"
    path.write_text("\n".join(lines))
    path.chmod(0o600)
    return path


def spellings(key: bytes) -> list[str]:
    return [base64.b64encode(key).decode(), key.hex(), repr(key), str(list(key))]


def refusal(attempt: Callable[[], object]) -> str:
    """Return everything that a refusal prints, with what it was raised from; fail if the key is in it."""
    with pytest.raises(KeyringError) as refused:
        attempt()
    printed = "\n".join([str(refused.value), repr(refused.value), *traceback.format_exception(refused.value)])
    assert not [spelling for spelling in spellings(KEY) if spelling in printed]
    return printed


def test_a_wrapped_key_is_the_key_that_was_wrapped(service: AwsKms) -> None:
    wrapped = service.wrap(KEY, CONTEXT)
    assert KEY not in wrapped
    assert service.unwrap(wrapped, CONTEXT) == KEY


def test_a_wrapped_file_holds_the_keys_of_the_plain_one(service: AwsKms, tmp_path: Path) -> None:
    plain = [generate_key_line("one"), generate_key_line("two")]
    wrapped = rewritten_key_lines(key_file(tmp_path, *plain), None, service)
    opened = keyring_from_file(key_file(tmp_path, "# wrapped", *wrapped), service)
    expected = keyring_from_text("\n".join(plain), "the test")
    assert (opened.active_key_id, sorted(opened.key_ids)) == ("one", ["one", "two"])
    assert [opened.seal_check_value(each) for each in ("one", "two")] == [
        expected.seal_check_value(each) for each in ("one", "two")
    ]
    assert not [line for line in plain if line.split(":")[1] in "".join(wrapped)]


def test_a_new_key_can_be_made_wrapped(service: AwsKms, tmp_path: Path) -> None:
    line = generate_key_line("one", service)
    assert line.startswith("one:kms:")
    assert keyring_from_file(key_file(tmp_path, line), service).active_key_id == "one"


def test_keys_move_to_another_service_key_and_back_to_plain(kms: Kms, service: AwsKms, tmp_path: Path) -> None:
    plain, other = generate_key_line("one"), AwsKms(kms.new_key())
    first = rewritten_key_lines(key_file(tmp_path, plain), service, service)
    second = rewritten_key_lines(key_file(tmp_path, *first), service, other)
    assert keyring_from_file(key_file(tmp_path, *second), other).key_ids == {"one"}
    assert rewritten_key_lines(key_file(tmp_path, *second), other, None) == [plain]


def test_another_context_opens_nothing(service: AwsKms) -> None:
    wrapped = service.wrap(KEY, CONTEXT)
    for context in (master_key_context("two"), {}, CONTEXT | {"purpose": "another"}):
        assert "wrapped for another id" in refusal(partial(service.unwrap, wrapped, context))


def test_a_line_under_another_id_is_refused_by_line_and_id(service: AwsKms, tmp_path: Path) -> None:
    moved = generate_key_line("one", service).replace("one:", "two:", 1)
    path = key_file(tmp_path, generate_key_line("one", service), moved)
    printed = refusal(lambda: keyring_from_file(path, service))
    assert f"Key file {path}, line 2: Key 'two': AWS KMS cannot decrypt it" in printed


def test_a_damaged_line_is_refused(service: AwsKms, tmp_path: Path) -> None:
    blob = bytearray(base64.b64decode(generate_key_line("one", service).removeprefix("one:kms:")))
    blob[-1] ^= 1
    path = key_file(tmp_path, f"one:kms:{base64.b64encode(blob).decode()}")
    assert "AWS KMS cannot decrypt it" in refusal(lambda: keyring_from_file(path, service))


@pytest.mark.parametrize("blob", ["", "not base64", "AAA", "AAAA="])
def test_a_line_without_base64_is_not_sent(blob: str, tmp_path: Path) -> None:
    path = key_file(tmp_path, f"one:kms:{blob}")
    assert "Key 'one' is not strict base64" in refusal(lambda: keyring_from_file(path, Nothing()))


class Nothing:
    """A service that must not be asked."""

    key_id = "nothing"

    def wrap(self, key: bytes, context: object) -> bytes:
        raise AssertionError

    unwrap = wrap


def test_a_key_of_another_account_does_not_open(kms: Kms, service: AwsKms) -> None:
    """Whoever can only write the file cannot plant a master key that they know."""
    foreign = AwsKms(kms.new_key()).wrap(KEY, CONTEXT)
    assert "AWS KMS" in refusal(lambda: service.unwrap(foreign, CONTEXT))


def test_an_answer_by_another_key_is_refused(kms: Kms, service: AwsKms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds even if the service does not use the key that it was asked for."""
    other = AwsKms(kms.new_key())
    wrapped = other.wrap(KEY, CONTEXT)
    monkeypatch.setattr(service, "_client", Redirected(other))
    assert "wrapped by a different key" in refusal(lambda: service.unwrap(wrapped, CONTEXT))


class Redirected:
    """A client that uses another key than it is told to."""

    def __init__(self, other: AwsKms) -> None:
        self._other = other

    encrypt = None

    def decrypt(self, **parameters: object) -> object:
        return self._other._client.decrypt(**parameters | {"KeyId": self._other.key_id})


def test_a_missing_key_is_refused(kms: Kms, use: Callable[[dict[str, str]], None]) -> None:
    use(kms.environment)
    assert "AWS KMS has no such key" in refusal(lambda: AwsKms(A_KEY).wrap(KEY, CONTEXT))


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (400, "AccessDeniedException", "denies this process kms:Encrypt"),
        (400, "DisabledException", "is disabled. Enable it"),
        (400, "KMSInvalidStateException", "deletion is pending, cancel that now"),
        (400, "IncorrectKeyException", "a different key of AWS KMS"),
        (400, "InvalidKeyUsageException", "symmetric"),
        (400, "ExpiredTokenException", "needs valid credentials"),
        (400, "UnrecognizedClientException", "needs valid credentials"),
        (400, "ThrottlingException", "does not answer"),
        (500, "KMSInternalException", "does not answer"),
        (400, "{0}\n", "refuses it with the error '{0}\\n'"),
    ],
)
def test_each_refusal_says_what_to_do(status: int, code: str, said: str, use: Callable[[dict[str, str]], None]) -> None:
    with refusing(status, code) as variables:
        use(variables)
        assert said in refusal(lambda: AwsKms(A_KEY).wrap(KEY, CONTEXT))


def test_an_unreachable_service_is_refused(use: Callable[[dict[str, str]], None]) -> None:
    reservation, port = reserve_port()
    use(environment(f"http://127.0.0.1:{port}"))
    assert "AWS KMS does not answer" in refusal(lambda: AwsKms(A_KEY).wrap(KEY, CONTEXT))
    reservation.close()


def test_a_silent_service_is_given_up(use: Callable[[dict[str, str]], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_kms, "_READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(environment(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        assert "AWS KMS does not answer" in refusal(lambda: AwsKms(A_KEY).wrap(KEY, CONTEXT))


def test_calls_end_within_seconds(service: AwsKms) -> None:
    config = service._client.meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (2, 3, 2)


def test_missing_credentials_are_refused(
    kms: Kms, use: Callable[[dict[str, str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(kms.environment)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "needs valid credentials" in refusal(lambda: AwsKms(A_KEY).wrap(KEY, CONTEXT))


def test_a_configuration_that_boto3_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    assert "refuses the AWS configuration" in refusal(lambda: AwsKms(A_KEY))


@pytest.mark.parametrize("url", ["http://kms.example.com", "http://10.0.0.1:8080", "http://localhost.example.com"])
def test_keys_do_not_cross_the_network_in_the_clear(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", url)
    assert "must begin with https://" in refusal(lambda: AwsKms(A_KEY))


def test_the_region_of_the_arn_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert AwsKms(A_KEY)._client.meta.endpoint_url == "https://kms.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    "text",
    ["", "alias/neo", A_KEY.replace(":key/", ":alias/"), A_KEY.rpartition("/")[2], A_KEY + "\n", A_KEY.upper()],
)
def test_only_the_arn_of_a_key_names_it(text: str) -> None:
    assert not is_key_arn(text)
    assert "whole ARN" in refusal(lambda: AwsKms(text))


def test_multi_region_keys_and_other_partitions_are_accepted() -> None:
    assert is_key_arn("arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef")


def test_a_plain_line_is_refused_with_a_service(service: AwsKms, tmp_path: Path) -> None:
    line = f"one:{base64.b64encode(KEY).decode()}"
    printed = refusal(lambda: keyring_from_file(key_file(tmp_path, line), service))
    assert "line 1: Key 'one' is not wrapped by the key service" in printed
    assert "make_master_key NEW_FILE --from THIS_FILE" in printed


def test_a_wrapped_line_is_refused_without_a_service(service: AwsKms, tmp_path: Path) -> None:
    line = generate_key_line("one", service)
    assert "Name the key of that service: NEO_KMS_KEY" in refusal(lambda: keyring_from_file(key_file(tmp_path, line)))
    assert "Name the key of that service: NEO_KMS_KEY" in refusal(lambda: keyring_from_text(line, "NEO_MASTER_KEYS"))


def test_a_line_that_unwraps_to_a_bad_key_is_refused(service: AwsKms, tmp_path: Path) -> None:
    wrapped = base64.b64encode(service.wrap(KEY[:16], CONTEXT)).decode()
    path = key_file(tmp_path, f"one:kms:{wrapped}")
    assert "Key 'one' is 16 bytes long" in refusal(lambda: keyring_from_file(path, service))


def test_a_key_file_takes_any_service(tmp_path: Path) -> None:

    class Reversing:
        key_id = "reversing"

        def wrap(self, key: bytes, context: object) -> bytes:
            return key[::-1]

        unwrap = wrap

    reversing: KeyService = Reversing()
    path = key_file(tmp_path, generate_key_line("one", reversing))
    assert keyring_from_file(path, reversing).key_ids == {"one"}


def test_no_log_holds_a_key_at_any_level(service: AwsKms, caplog: pytest.LogCaptureFixture) -> None:
    """Botocore logs whole requests and answers at DEBUG."""
    for name in ("", "botocore", "botocore.endpoint", "botocore.parsers", "boto3", "urllib3"):
        caplog.set_level(logging.DEBUG, name)
    assert service.unwrap(service.wrap(KEY, CONTEXT), CONTEXT) == KEY
    assert not [spelling for spelling in spellings(KEY) if spelling in caplog.text]


def test_a_key_in_a_log_would_be_found(service: AwsKms, caplog: pytest.LogCaptureFixture) -> None:
    """Calls that are not ours are logged as usual."""
    caplog.set_level(logging.DEBUG, "botocore")
    wrapped = service.wrap(KEY, CONTEXT)
    service._client.decrypt(CiphertextBlob=wrapped, EncryptionContext=CONTEXT)
    assert spellings(KEY)[0] in caplog.text


def test_no_repr_holds_a_key(service: AwsKms, tmp_path: Path) -> None:
    keyring = keyring_from_file(key_file(tmp_path, *rewritten(tmp_path, service)), service)
    shown = "".join(map(repr, [service, keyring, vars(service)]))
    assert not [spelling for spelling in spellings(KEY) if spelling in shown]


def rewritten(folder: Path, service: AwsKms) -> list[str]:
    return rewritten_key_lines(key_file(folder, f"one:{base64.b64encode(KEY).decode()}"), None, service)


def test_boto3_is_imported_only_for_a_key() -> None:
    program = (
        "import sys, secrets_app.crypto as c; assert not {'boto3', 'botocore'} & sys.modules.keys()\n"
        f"c.AwsKms({A_KEY!r}); assert 'boto3' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_without_boto3_the_error_has_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    assert "pip install 'neo-secrets[kms]'" in refusal(lambda: AwsKms(A_KEY))
