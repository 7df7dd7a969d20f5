import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

ONE_OWNER = Q(user__isnull=True, project__isnull=False) | Q(user__isnull=False, project__isnull=True)
NAME_TAKEN = 'This owner already has a secret with this name.'
OWNER_KINDS = [('personal', 'Personal'), ('project', 'Project')]


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0008_exposed_entries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # A renamed field is not renamed in the constraints and indexes of the state: they go first and come back last.
        migrations.RemoveConstraint(model_name='datakey', name='secrets_data_key_scope'),
        migrations.RemoveConstraint(model_name='datakey', name='secrets_data_key_user'),
        migrations.RemoveConstraint(model_name='secret', name='secrets_secret_scope'),
        migrations.RemoveConstraint(model_name='secret', name='secrets_secret_personal_name'),
        migrations.RemoveConstraint(model_name='secret', name='secrets_secret_project_name'),
        migrations.RemoveConstraint(model_name='rememberedname', name='secrets_remembered_in_project'),
        migrations.RemoveConstraint(model_name='rememberedname', name='secrets_remembered_personal'),
        migrations.RemoveIndex(model_name='servicetoken', name='secrets_token_owner'),
        migrations.RemoveIndex(model_name='taskgrant', name='secrets_grant_owner'),
        migrations.RemoveIndex(model_name='taskgrant', name='secrets_grant_owner_end'),
        migrations.RemoveIndex(model_name='auditentry', name='secrets_audit_owner'),
        migrations.RenameField(model_name='datakey', old_name='owner', new_name='user'),
        migrations.RenameField(model_name='secret', old_name='owner', new_name='user'),
        migrations.RenameField(model_name='servicetoken', old_name='owner', new_name='user'),
        migrations.RenameField(model_name='taskgrant', old_name='owner', new_name='user'),
        migrations.RenameField(model_name='rememberedname', old_name='owner', new_name='user'),
        migrations.RenameField(model_name='rememberedname', old_name='origin', new_name='owner_kind'),
        migrations.RenameField(model_name='grantedsecret', old_name='origin', new_name='owner_kind'),
        migrations.RenameField(model_name='auditentry', old_name='owner_id', new_name='user_id'),
        migrations.AlterField(
            model_name='datakey',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='secret',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='secret',
            name='default_available',
            field=models.BooleanField(default=False, help_text='Exposed to every task of its owner; else only to tasks that select it.', verbose_name='default available'),
        ),
        migrations.AlterField(
            model_name='servicetoken',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='rememberedname',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='rememberedname',
            name='owner_kind',
            field=models.CharField(choices=OWNER_KINDS, max_length=16, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='grantedsecret',
            name='owner_kind',
            field=models.CharField(choices=OWNER_KINDS, max_length=16, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='user_id',
            field=models.CharField(blank=True, help_text='Whose personal matter it is.', max_length=64, verbose_name='user'),
        ),
        migrations.AddConstraint(
            model_name='datakey',
            constraint=models.CheckConstraint(condition=ONE_OWNER, name='secrets_data_key_owner'),
        ),
        migrations.AddConstraint(
            model_name='datakey',
            constraint=models.UniqueConstraint(condition=Q(state='active', user__isnull=False), fields=('user',), name='secrets_data_key_user'),
        ),
        migrations.AddConstraint(
            model_name='secret',
            constraint=models.CheckConstraint(condition=ONE_OWNER, name='secrets_secret_owner'),
        ),
        migrations.AddConstraint(
            model_name='secret',
            constraint=models.UniqueConstraint(condition=Q(user__isnull=False), fields=('user', 'name'), name='secrets_secret_personal_name', violation_error_message=NAME_TAKEN),
        ),
        migrations.AddConstraint(
            model_name='secret',
            constraint=models.UniqueConstraint(condition=Q(project__isnull=False), fields=('project', 'name'), name='secrets_secret_project_name', violation_error_message=NAME_TAKEN),
        ),
        migrations.AddConstraint(
            model_name='rememberedname',
            constraint=models.UniqueConstraint(condition=Q(project__isnull=False), fields=('user', 'project', 'thread_id', 'owner_kind', 'name'), name='secrets_remembered_in_project'),
        ),
        migrations.AddConstraint(
            model_name='rememberedname',
            constraint=models.UniqueConstraint(condition=Q(project__isnull=True), fields=('user', 'thread_id', 'owner_kind', 'name'), name='secrets_remembered_personal'),
        ),
        migrations.AddIndex(
            model_name='servicetoken',
            index=models.Index(fields=['user', 'revoked_at'], name='secrets_token_user'),
        ),
        migrations.AddIndex(
            model_name='taskgrant',
            index=models.Index(fields=['user', '-created_at'], name='secrets_grant_user'),
        ),
        migrations.AddIndex(
            model_name='taskgrant',
            index=models.Index(fields=['user', 'expires_at'], name='secrets_grant_user_end'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['user_id', 'id'], name='secrets_audit_user'),
        ),
    ]
