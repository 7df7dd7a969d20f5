import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("teams", "0003_codes")]
    operations = [
        migrations.AlterField("team", "code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True))
    ]
