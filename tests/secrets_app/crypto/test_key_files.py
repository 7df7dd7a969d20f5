from __future__ import annotations

import base64
import hashlib
import os
import re
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.crypto import (
    EXAMPLE_KEY,
    KeyringError,
    generate_key_line,
    keyring_from_file,
    keyring_from_text,
)

SOURCE = "NEO_MASTER_KEYS"
PIECE = 12
ONE, TWO = bytes(range(32)), bytes(range(100, 132))


def b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


LINES = f"k1:{b64(ONE)}\nk2:{b64(TWO)}\n"


def make_key_file(folder: Path, content: str | bytes = LINES, mode: int = 0o600) -> Path:
    path = folder / "master.keys"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def refusal(load: Callable[[], object]) -> str:
    """Everything that the refusal prints, or nothing when the keys were accepted."""
    try:
        load()
    except KeyringError as error:
        return "\n".join([str(error), repr(error), *traceback.format_exception(error)])
    return ""


def pieces(secret: str) -> set[str]:
    return {secret[at : at + PIECE] for at in range(len(secret) - PIECE + 1)}


def test_the_first_line_is_active(tmp_path: Path) -> None:
    keyring = keyring_from_file(make_key_file(tmp_path))
    assert keyring.active_key_id == "k1"
    assert keyring.key_ids == {"k1", "k2"}


@pytest.mark.parametrize(
    "content",
    [
        LINES.replace("\n", "\r\n"),
        LINES.rstrip(),
        f"# primary, since spring\n\n  \t\n{LINES}  # k3:AAAA\n",
        LINES.replace("k1:", "  k1:").replace("\n", " \n"),
        b"\xef\xbb\xbf" + LINES.encode(),
        f"# cl\u00e9s\n{LINES}",
    ],
    ids=["crlf", "no last line end", "comments and blanks", "indented", "byte order mark", "utf-8 comment"],
)
def test_harmless_spellings_are_read(tmp_path: Path, content: str | bytes) -> None:
    keyring = keyring_from_file(make_key_file(tmp_path, content))
    assert (keyring.active_key_id, sorted(keyring.key_ids)) == ("k1", ["k1", "k2"])


@pytest.mark.parametrize("separator", ["\n", "\r\n", ",", ", ", ",\n", "\n\n# comment, with a comma\n"])
def test_the_environment_separates_by_newline_or_comma(separator: str) -> None:
    keyring = keyring_from_text(LINES.strip().replace("\n", separator), SOURCE)
    assert (keyring.active_key_id, sorted(keyring.key_ids)) == ("k1", ["k1", "k2"])


def test_file_and_environment_read_the_same_keys(tmp_path: Path) -> None:
    from_file, from_text = keyring_from_file(make_key_file(tmp_path)), keyring_from_text(LINES, SOURCE)
    assert from_file.seal_check_value("k2") == from_text.seal_check_value("k2")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o660, 0o666, 0o610, 0o777])
def test_a_file_open_to_others_is_refused_with_the_chmod(tmp_path: Path, mode: int) -> None:
    path = make_key_file(tmp_path, mode=mode)
    with pytest.raises(KeyringError, match=rf"mode {mode:04o}\)\. Run: chmod 600 {re.escape(str(path))}$"):
        keyring_from_file(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    assert keyring_from_file(make_key_file(tmp_path, mode=mode)).active_key_id == "k1"


def test_the_command_quotes_an_odd_path(tmp_path: Path) -> None:
    folder = tmp_path / "my keys; rm"
    folder.mkdir()
    with pytest.raises(KeyringError, match=r"chmod 600 '.*/my keys; rm/master\.keys'$"):
        keyring_from_file(make_key_file(folder, mode=0o644))


def test_a_link_is_judged_by_the_file_behind_it(tmp_path: Path) -> None:
    path = make_key_file(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(path)
    assert keyring_from_file(link).active_key_id == "k1"
    path.chmod(0o644)
    with pytest.raises(KeyringError, match="chmod 600"):
        keyring_from_file(link)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match=r"no key file at .*/absent\.keys\. Restore it"):
        keyring_from_file(tmp_path / "absent.keys")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="not a regular file"):
        keyring_from_file(tmp_path)


def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(KeyringError, match="not a regular file"):
        keyring_from_file(tmp_path / "fifo")


def test_a_path_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="cannot be read"):
        keyring_from_file(make_key_file(tmp_path) / "below")


@pytest.mark.parametrize("content", ["", "\n", "# only\n\n  # comments\n"])
def test_a_file_without_keys_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(KeyringError, match=r"master\.keys holds no key"):
        keyring_from_file(make_key_file(tmp_path, content))


@pytest.mark.parametrize("text", ["", " ", ",", "\n,\n", "# comment"])
def test_an_environment_without_keys_is_refused(text: str) -> None:
    with pytest.raises(KeyringError, match=r"^NEO_MASTER_KEYS holds no key"):
        keyring_from_text(text, SOURCE)


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="larger than 65536 bytes"):
        keyring_from_file(make_key_file(tmp_path, LINES + "#" * 65536))


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="not UTF-8 text"):
        keyring_from_file(make_key_file(tmp_path, bytes(range(128, 160))))


BAD_LINES = {
    "no colon": (b64(TWO), "There is no colon"),
    "upper-case id": (f"K2:{b64(TWO)}", "The key id is not valid"),
    "no id": (f":{b64(TWO)}", "The key id is not valid"),
    "id of 65": (f"{'a' * 65}:{b64(TWO)}", "The key id is not valid"),
    "id and key exchanged": (f"{b64(TWO)}:k2", "The key id is not valid"),
    "no key": ("k2:", "Key 'k2' is 0 bytes long"),
    "16 bytes": (f"k2:{b64(TWO[:16])}", "Key 'k2' is 16 bytes long"),
    "31 bytes": (f"k2:{b64(TWO[:31])}", "Key 'k2' is 31 bytes long"),
    "33 bytes": (f"k2:{b64(TWO + ONE[:1])}", "Key 'k2' is 33 bytes long"),
    "hex": (f"k2:{TWO.hex()}", "Key 'k2' is 48 bytes long"),
    "no padding": (f"k2:{b64(TWO).rstrip('=')}", "Key 'k2' is not strict base64"),
    "too much padding": (f"k2:{b64(TWO)}=", "Key 'k2' is not strict base64"),
    "url-safe alphabet": (
        f"k2:{base64.urlsafe_b64encode(b'~~~' * 10 + b'~~').decode()}",
        "not strict base64",
    ),
    "stray bits": (f"k2:{b64(bytes(31) + bytes([3]))[:-2]}N=", "Key 'k2' is not strict base64"),
    "space after the colon": (f"k2: {b64(TWO)}", "Key 'k2' is not strict base64"),
    "quotes": (f'k2:"{b64(TWO)}"', "Key 'k2' is not strict base64"),
    "comment behind the key": (f"k2:{b64(TWO)} # new", "Key 'k2' is not strict base64"),
    "not ascii": (f"k2:{b64(TWO)}\u00e9", "Key 'k2' is not strict base64"),
    "zeros": (f"k2:{b64(bytes(32))}", "Key 'k2' is one byte repeated"),
    "one byte repeated": (f"k2:{b64(b'k' * 32)}", "Key 'k2' is one byte repeated"),
    "example": (f"k2:{b64(EXAMPLE_KEY)}", "Key 'k2' is the example"),
    "repeated id": (f"k1:{b64(TWO)}", "Key id 'k1' is given twice"),
    "repeated key": (f"k2:{b64(ONE)}", "Keys 'k1' and 'k2' are the same bytes"),
    "repeated line": (f"k1:{b64(ONE)}", "Key id 'k1' is given twice"),
}
bad_lines = pytest.mark.parametrize(("line", "reason"), BAD_LINES.values(), ids=BAD_LINES)


@bad_lines
def test_a_bad_line_of_a_file_is_refused_by_number(tmp_path: Path, line: str, reason: str) -> None:
    path = make_key_file(tmp_path, f"# first line\nk1:{b64(ONE)}\n\n{line}\n")
    with pytest.raises(KeyringError, match=rf"^Key file {re.escape(str(path))}, line 4: .*{reason}"):
        keyring_from_file(path)


@bad_lines
def test_a_bad_entry_of_the_environment_is_refused_by_number(line: str, reason: str) -> None:
    with pytest.raises(KeyringError, match=f"^NEO_MASTER_KEYS, entry 2: .*{reason}"):
        keyring_from_text(f"k1:{b64(ONE)},{line}", SOURCE)


def test_commas_do_not_separate_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="line 1: Key 'k1' is not strict base64"):
        keyring_from_file(make_key_file(tmp_path, LINES.replace("\n", ",")))


# Hashed, so that no key is by chance a run of one letter that any message contains.
some_keys = st.binary(max_size=8).map(lambda seed: hashlib.sha256(seed).digest())
noise = st.text(st.sampled_from("kK1a.-_:=#, \t\r\n\"'\u00e9\x00"), max_size=6)
spellings = st.sampled_from(
    [b64, bytes.hex, lambda key: base64.b32encode(key).decode().lower(), lambda key: b64(key).rstrip("=")]
)


@pytest.mark.parametrize("template", ["{key}:k1", "{key}:", "{key}:{key}", "k1:{key}:k1", "{key}", "# k\n{key} k1"])
@pytest.mark.parametrize("spelled", [b64, bytes.hex])
def test_a_misplaced_key_is_refused_unseen(template: str, spelled: Callable[[bytes], str]) -> None:
    secret = spelled(TWO)
    printed = refusal(lambda: keyring_from_text(template.format(key=secret), SOURCE))
    assert "NEO_MASTER_KEYS, entry 1: " in printed
    assert not {piece for piece in pieces(secret) if piece in printed}


@given(some_keys, spellings, noise, noise, st.integers(0, 64), noise, st.integers(1, 2))
def test_no_refusal_contains_key_text(
    key: bytes, spelled: Callable[[bytes], str], before: str, between: str, cut: int, after: str, times: int
) -> None:
    secret = spelled(key)
    line = f"{before}{secret[:cut]}{between}{secret[cut:]}{after}\n"
    printed = refusal(lambda: keyring_from_text(line * times, SOURCE))
    assert not {piece for piece in pieces(secret) if piece in printed}


@pytest.mark.parametrize("template", ["{b64}", "k1:{b64}", "k0:{other},k1:{b64}", "{hex}", "k1:{hex}\n", "k1:{b64}\n"])
def test_a_key_given_as_the_path_is_not_printed(template: str) -> None:
    key = hashlib.sha256(template.encode()).digest()
    text = template.format(b64=b64(key), hex=key.hex(), other=b64(ONE))
    for given_path in (text, Path(text)):
        printed = refusal(partial(keyring_from_file, given_path))
        assert "A key was given instead of the path" in printed
        assert not {piece for piece in pieces(b64(key)) | pieces(key.hex()) if piece in printed}


def test_a_generated_line_is_read_back() -> None:
    line = generate_key_line("2025-01")
    assert line.startswith("2025-01:")
    assert line == line.strip()
    assert keyring_from_text(line, SOURCE).active_key_id == "2025-01"


def test_generated_keys_differ() -> None:
    assert len({generate_key_line("k1") for _ in range(100)}) == 100


def test_a_line_is_not_generated_for_a_bad_id() -> None:
    with pytest.raises(KeyringError, match="The key id is not valid"):
        generate_key_line("No Good")
