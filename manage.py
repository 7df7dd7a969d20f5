#!/usr/bin/env python
"""Django's command line, for this site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neo_site.settings")
    try:
        from neo_site.startup import load_settings
    except ModuleNotFoundError as error:
        sys.exit(f"Python has no module {error.name!r}. Run: {sys.executable} -m pip install -r requirements.txt")

    load_settings()
    from neo_site.commands import run

    run(sys.argv)


if __name__ == "__main__":
    main()
