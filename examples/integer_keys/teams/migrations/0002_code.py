import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("teams", "0001_teams")]
    # All rows would get the same default.
    operations = [migrations.AddField("team", "code", models.UUIDField(default=uuid.uuid4, editable=False, null=True))]
