import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The defaults, for a site that keeps them and therefore does not set them.
PROJECT_MODEL = getattr(settings, "SECRETS_APP_PROJECT_MODEL", "projects.Project")
PROJECT_FIELD = getattr(settings, "SECRETS_APP_PROJECT_FIELD", None)


class Migration(migrations.Migration):
    dependencies = [
        ("secrets_app", "0018_exempt_from_redaction"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(PROJECT_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="grantedsecret",
            name="grant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="granted",
                to="secrets_app.taskgrant",
                verbose_name="grant",
            ),
        ),
        migrations.AlterField(
            model_name="secret",
            name="project",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=PROJECT_MODEL,
                to_field=PROJECT_FIELD,
                verbose_name="project",
            ),
        ),
        migrations.AlterField(
            model_name="secret",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="secretversion",
            name="secret",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="former_versions",
                to="secrets_app.secret",
                verbose_name="secret",
            ),
        ),
        migrations.AlterField(
            model_name="servicetoken",
            name="digest",
            field=models.CharField(editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="servicetoken",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="taskgrant",
            name="digest",
            field=models.CharField(editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="taskgrant",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="grantor",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetoken",
            constraint=models.UniqueConstraint(fields=("digest",), name="secrets_token_digest"),
        ),
        migrations.AddConstraint(
            model_name="taskgrant",
            constraint=models.UniqueConstraint(fields=("digest",), name="secrets_grant_digest"),
        ),
    ]
