"""How much memory the modules of the site take, by package: a process of its own, which prints bytes as JSON."""

import json
import os
import sys
from collections import defaultdict
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from types import ModuleType
from typing import Any

OURS = ("neo_base", "neo_pages", "neo_site", "projects", "secrets_app")
# What comes along with another package.
PARTS = {"psycopg_binary": "psycopg"} | dict.fromkeys(("certifi", "charset_normalizer", "idna", "urllib3"), "requests")
# Django and Django REST framework import them where they find them. Only requirements-dev.txt brings them.
OF_THE_TESTS = ("jinja2", "pygments")
PAGE = os.sysconf("SC_PAGE_SIZE")

taken: dict[str, int] = defaultdict(int)
_inside = [0]


def resident() -> int:
    """Return the resident bytes of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE


def watch(loader: Any) -> None:
    """Note what each module takes that this kind of loader runs, without the modules that it imports."""
    run = loader.exec_module

    def exec_module(self: Any, module: ModuleType) -> None:
        before = resident()
        _inside.append(0)
        try:
            run(self, module)
        finally:
            whole = resident() - before
            taken[_package(module.__name__)] += whole - _inside.pop()
            _inside[-1] += whole

    loader.exec_module = exec_module


def _package(name: str) -> str:
    top = name.partition(".")[0]
    if top in OURS:
        return "our own"
    return "the standard library" if top in sys.stdlib_module_names else PARTS.get(top, top)


def main() -> None:
    """Import the site as a worker does, and print what it took."""
    began = resident()
    for loader in (SourceFileLoader, ExtensionFileLoader):
        watch(loader)
    for name in OF_THE_TESTS:
        sys.modules[name] = None  # type: ignore[assignment]
    import django

    django.setup()
    from django.urls import get_resolver

    from neo_site import handlers, serve  # noqa: F401  (measured)

    get_resolver().url_patterns  # noqa: B018  (it imports the views)
    ended = resident()
    rest = ended - began - sum(taken.values())
    json.dump({"the interpreter": began, **taken, "what they set up": rest, "together": ended}, sys.stdout)


if __name__ == "__main__":
    main()
