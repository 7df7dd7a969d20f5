#!/usr/bin/env python
"""Django's command line, for this site."""

import os
import sys

from neo_site.missing_modules import told


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neo_site.settings")
    try:
        from neo_site.startup import load_settings
    except ModuleNotFoundError as error:
        sys.exit(told(error))

    load_settings()
    from neo_site.commands import run

    run(sys.argv)


if __name__ == "__main__":
    main()
