"""Take over the devices of django-otp, which the second factor of the admin had before: their tables stay as they are.

An application holds its key in this form: steps of 30 seconds, six digits, no offset. A device of another form, one that
was never confirmed, and all but the one used last of several are left behind, since a user has one application here.
"""

from base64 import b32encode
from typing import Any

from django.conf import settings
from django.db import migrations

TOTP = """
    SELECT user_id, key, last_t FROM otp_totp_totpdevice
    WHERE confirmed AND step = 30 AND t0 = 0 AND digits = 6 ORDER BY last_t DESC, id DESC
"""
BACKUP = """
    SELECT device.user_id, token.token FROM otp_static_statictoken token
    JOIN otp_static_staticdevice device ON device.id = token.device_id WHERE device.confirmed ORDER BY token.id
"""


def take_over(apps: Any, schema_editor: Any) -> None:
    connection, authenticators = schema_editor.connection, apps.get_model("mfa", "Authenticator")
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if "otp_totp_totpdevice" not in tables:
            return
        known = set(authenticators.objects.values_list("user_id", flat=True))
        cursor.execute(TOTP)
        for user_id, key, last_step in cursor.fetchall():
            if user_id not in known:
                known.add(user_id)
                data = {"secret": b32encode(bytes.fromhex(key)).decode(), "last_step": max(last_step, 0)}
                authenticators.objects.create(user_id=user_id, type="totp", data=data)
        if "otp_static_statictoken" not in tables:
            return
        cursor.execute(BACKUP)
        codes: dict[Any, list[str]] = {}
        for user_id, token in cursor.fetchall():
            codes.setdefault(user_id, []).append(token)
    for user_id in authenticators.objects.filter(type="totp", user_id__in=codes).values_list("user_id", flat=True):
        data = {"migrated_codes": codes[user_id]}
        authenticators.objects.get_or_create(user_id=user_id, type="recovery_codes", defaults={"data": data})


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("neo_accounts", "0001_password_to_change"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
