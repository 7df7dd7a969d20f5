"""Strategies for environments, and the part of an environment that a dialect can write."""

from __future__ import annotations

from hypothesis import strategies as st

from neo_cli.dialects import Inexpressible, write

Environment = dict[str, str]

NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,12}", fullmatch=True).filter(
    lambda name: name not in ("PATH", "PWD", "OLDPWD", "SHLVL")
)
ALL_PLANES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
# Characters with a meaning for at least one parser.
TROUBLE = st.text("'\"`$\\#=%!~{}()<>|&;*? \t\n\r\x0b\x0c\x1b\x85\xa0\u2028\ufeffnrtxuabé1", max_size=12)
WORDS = st.lists(
    st.sampled_from(
        [
            "${A}",
            "${A:-b}",
            "$A",
            "$(id)",
            "`id`",
            "\\n",
            "\\",
            "\\'",
            '\\"',
            "#",
            " #",
            "'",
            '"',
            "\n",
            "\r\n",
            "export ",
            "A=",
            "é",
        ]
    ),
    max_size=6,
).map("".join)
VALUES = TROUBLE | WORDS | ALL_PLANES
ENVIRONMENTS = st.dictionaries(NAMES, VALUES, max_size=8)


def expressible(environment: Environment, dialect: str) -> Environment:
    """Return `environment` without the variables that the dialect refuses."""
    try:
        write(environment, dialect)
    except Inexpressible as refusal:
        return {name: value for name, value in environment.items() if name not in refusal.names}
    return environment
