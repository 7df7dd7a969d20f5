"""Two tenants store a secret of one name each. Prints what each reaches, with its own token and with the other's."""

import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django

django.setup()

from customers.models import Address, Customer  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django_tenants.utils import tenant_context  # noqa: E402

from secrets_app.audit.verification import verify  # noqa: E402
from secrets_app.models import AuditEvent, Secret  # noqa: E402
from secrets_app.python_api import secrets_for, service_token_for  # noqa: E402

call_command("makemigrations", "customers", verbosity=0)
call_command("migrate_schemas", schema_name="public", verbosity=0)

tokens, tasks, said = {}, {}, {}
for name in ("first", "second"):
    customer = Customer(schema_name=name, name=name)
    customer.save(verbosity=0)
    Address.objects.create(domain=f"{name}.example.com", tenant=customer, is_primary=True)
    with tenant_context(customer):
        user = get_user_model().objects.create_user("user")
        secrets_for(user).create("TOKEN", f"value of the {name} 0123456789", default_available=True)
        tokens[name] = service_token_for(user, name="build", scopes=["secrets:read"]).text
        tasks[name] = secrets_for(user).grant(max_uses=1).text


def asked(tenant, method, path, token):
    client, headers = Client(), {"Authorization": f"Bearer {token}", "Host": f"{tenant}.example.com"}
    answer = client.generic(method, f"/api/v1/{path}", headers=headers)
    return answer.status_code, answer.json()


for mine, other in (("first", "second"), ("second", "first")):
    status, listed = asked(mine, "GET", "secrets", tokens[mine])
    _, got = asked(mine, "POST", "runtime/environment", tasks[mine])
    with tenant_context(Customer.objects.get(schema_name=mine)):
        call_command("audit", "chain", verbosity=0)
        rows = [Secret.objects.count(), verify().is_clean, AuditEvent.objects.filter(event="secret.created").count()]
    said[mine] = {
        "listed": [status, [each["name"] for each in listed["results"]]],
        "environment": got["environment"],
        "with the other's": [
            asked(mine, "GET", "secrets", tokens[other])[0],
            asked(mine, "POST", "runtime/environment", tasks[other])[0],
        ],
        "rows": rows,
    }
connection.set_schema_to_public()
print(json.dumps({**said, "public": [name for name in connection.introspection.table_names() if "secret" in name]}))
