import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The default, for a site that keeps it and therefore does not set it.
PROJECT_MODEL = getattr(settings, "SECRETS_APP_PROJECT_MODEL", "projects.Project")


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0002_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="token_digest",
            field=models.CharField(editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="membership",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to=PROJECT_MODEL,
                verbose_name="project",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(fields=("token_digest",), name="projects_invitation_digest"),
        ),
    ]
