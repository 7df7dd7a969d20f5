import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# The default, for a site that keeps it and therefore does not set it.
PROJECT_MODEL = getattr(settings, "SECRETS_APP_PROJECT_MODEL", "projects.Project")


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('projects', '0001_projects'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='shared_with_team',
            field=models.BooleanField(default=False, help_text="Gives every active user of the site the team role. No effect if the site's settings name none.", verbose_name='shared with the team'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name='id')),
                ('email', models.EmailField(help_text='The invited address, with A to Z in lower case.', max_length=254, verbose_name='email')),
                ('role', models.CharField(choices=[('viewer', 'Viewer'), ('member', 'Member'), ('admin', 'Admin')], max_length=16, verbose_name='role')),
                ('token_digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('expires_at', models.DateTimeField(editable=False, verbose_name='expires at')),
                ('sent_at', models.DateTimeField(editable=False, null=True, verbose_name='sent at')),
                ('accepted_at', models.DateTimeField(editable=False, null=True, verbose_name='accepted at')),
                ('declined_at', models.DateTimeField(editable=False, null=True, verbose_name='declined at')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked at')),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='invited by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=PROJECT_MODEL, verbose_name='project')),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('declined_at', None), ('revoked_at', None)), fields=('project', 'email'), name='projects_invitation_one_open'), models.CheckConstraint(condition=models.Q(('role__in', ['viewer', 'member', 'admin'])), name='projects_invitation_role')],
                'verbose_name': 'invitation',
                'verbose_name_plural': 'invitations',
            },
        ),
    ]
