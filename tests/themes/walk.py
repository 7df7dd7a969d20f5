"""An operator's round through the themed host: every page that a link leads to, and what they do on them.

THEME=unfold HOST_DIR=/some/directory python -m tests.themes.walk
"""

from __future__ import annotations

import re

from tests.themes.host import HERE, VALUE, fill

# What follows needs its settings.
# isort: split
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from secrets_app.models import Secret
from tests.secrets_app.admin.crawl import crawl

SECRETS = "/admin/secrets_app/secret/"
MASK = f"{VALUE[:3]}••••••••{VALUE[-4:]}"


def main() -> None:
    call_command("make_master_key", HERE / "master.keys", verbosity=0)
    call_command("migrate", verbosity=0)
    fill()
    operator = Client()
    operator.force_login(get_user_model()._default_manager.get())
    pages = {address: page.text for address, page in crawl(operator, "/admin/").items()}
    lists = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    assert len(lists) > 10
    assert set(lists) <= pages.keys()
    assert "Needs attention" in pages["/admin/secrets_app/"]
    for text in (MASK, "secrets-badge-warn", "Part of the name, of its project", "make_default"):
        assert text in pages[SECRETS], text
    assert 'type="date"' in pages["/admin/secrets_app/auditevent/"]
    work(operator)
    for address, page in pages.items():
        assert VALUE not in page, address
        # A browser ends the outer one with the inner.
        assert not re.search(r"<form\b(?:(?!</form>)[\s\S])*<form\b", page), address


def work(operator: Client) -> None:
    """Adds, is refused, changes, acts on many, deletes; what comes back shows no value."""
    form = {"name": "lower case", "new_value": VALUE, "project": "", "description": "kept"}
    refused = operator.post(f"{SECRETS}add/", form)
    assert "Use upper-case letters" in refused.text
    assert "kept" in refused.text
    added = operator.post(f"{SECRETS}add/", form | {"name": "ADDED"}, follow=True)
    assert "was added successfully" in added.text
    chosen = {"_selected_action": str(Secret.objects.get(name="ADDED").pk)}
    done = operator.post(SECRETS, {"action": "make_default", **chosen}, follow=True)
    assert "1 made default-available." in done.text
    asked = operator.post(SECRETS, {"action": "delete_selected", **chosen})
    assert "ADDED" in asked.text
    deleted = operator.post(SECRETS, {"action": "delete_selected", "post": "yes", **chosen}, follow=True)
    assert "1 deleted." in deleted.text
    for page in (refused, added, done, asked, deleted):
        assert page.status_code == 200
        assert VALUE not in page.text


if __name__ == "__main__":
    main()
