from django.db import migrations, models
from django.db.models import Q

HELP = "When `manage.py secrets verify` found that this value does not open; empty if it opens."


class Migration(migrations.Migration):
    dependencies = [("secrets_app", "0016_exposures_by_set")]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name="damaged_at",
                field=models.DateTimeField(editable=False, help_text=HELP, null=True, verbose_name="damaged since"),
            )
            for model in ("secret", "secretversion")
        ),
        migrations.AddIndex(
            model_name="secret",
            index=models.Index(condition=Q(damaged_at__isnull=False), fields=["name"], name="secrets_secret_damaged"),
        ),
    ]
