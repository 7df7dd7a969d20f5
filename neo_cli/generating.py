"""Values that nobody has to see: random characters of an alphabet, or words."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

LENGTH = 32
# So that a value of the shortest kind, of digits alone, cannot be guessed from what is stored beside it.
MIN_LENGTH = 8
MAX_LENGTH = 10_000
LETTERS = string.ascii_letters + string.digits
ALPHABETS = {
    "letters": LETTERS,
    "symbols": LETTERS + "!#%*+,-./:;=?@^_~",
    "url": LETTERS + "-_",
    "hex": "0123456789abcdef",
    "digits": string.digits,
}


def generating_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command: add the options of a generated value, and pass it, or None, as `generated`."""

    def wrapper(
        *args: Any, generate: bool, length: int | None, alphabet: str | None, words: int | None, **rest: Any
    ) -> Any:
        if not generate and (length or alphabet or words):
            raise click.UsageError("--length, --alphabet and --words go with --generate. Add it, or leave them out.")
        if words and (length or alphabet):
            raise click.UsageError("--words excludes --length and --alphabet. Choose.")
        value = generated_value(length or LENGTH, alphabet or "letters", words) if generate else None
        return function(*args, generated=value, **rest)

    command = update_wrapper(wrapper, function)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def generated_value(length: int, alphabet: str, words: int | None) -> str:
    """Return random characters of an alphabet, or so many random words of EFF's long list, joined by hyphens."""
    if not words:
        return "".join(secrets.choice(ALPHABETS[alphabet]) for _ in range(length))
    from xkcdpass.xkcd_password import generate_wordlist

    known = generate_wordlist(wordfile="eff-long", min_length=1, max_length=20)
    return "-".join(secrets.choice(known) for _ in range(words))


_OPTIONS = [
    click.option("--generate", is_flag=True, help="Make a random value, which nobody sees."),
    click.option(
        "--length",
        type=click.IntRange(MIN_LENGTH, MAX_LENGTH),
        metavar="NUMBER",
        help=f"With --generate: characters. Default: {LENGTH}.",
    ),
    click.option(
        "--alphabet",
        type=click.Choice(list(ALPHABETS)),
        metavar="ALPHABET",
        help="With --generate: letters (and digits; default), symbols, url, hex, digits.",
    ),
    click.option(
        "--words",
        type=click.IntRange(4, 100),
        metavar="NUMBER",
        help="With --generate: so many words, joined by hyphens, in place of characters.",
    ),
]
