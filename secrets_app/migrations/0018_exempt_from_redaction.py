from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("secrets_app", "0017_damaged_values")]

    operations = [
        migrations.AddField(
            model_name="secret",
            name="is_exempt_from_redaction",
            field=models.BooleanField(
                default=False,
                help_text="For a value that is no secret, such as production: what tasks print of it stays readable.",
                verbose_name="exempt from redaction",
            ),
        ),
    ]
