import uuid

from django.db import migrations


def give_codes(apps, schema_editor):
    teams = apps.get_model("teams", "Team")
    for team in teams.objects.filter(code=None).iterator():
        team.code = uuid.uuid4()
        team.save(update_fields=["code"])


class Migration(migrations.Migration):
    dependencies = [("teams", "0002_code")]
    operations = [migrations.RunPython(give_codes, migrations.RunPython.noop)]
