from typing import Any

from django.db import migrations, models


def drop_sets(apps: Any, schema_editor: Any) -> None:
    """Drop what 0015 leaves behind when it is undone, for the events that name it: they are about to go."""
    for table in ("secrets_app_setmember", "secrets_app_grantedset"):
        schema_editor.execute(f"DROP TABLE IF EXISTS {table}")


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0004_grant_upkeep'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditBlock',
            fields=[
                ('sequence', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('count', models.PositiveIntegerField()),
                ('root', models.BinaryField()),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('sealed_at', models.DateTimeField()),
                ('previous', models.BinaryField(help_text='The MAC of the block before; empty for the first.')),
                ('key_id', models.CharField(max_length=64, verbose_name='master key')),
                ('mac', models.BinaryField()),
                ('pruned_at', models.DateTimeField(null=True)),
                ('pruned_mac', models.BinaryField(null=True)),
            ],
            options={
                'ordering': ['sequence'],
                'verbose_name': 'audit block',
                'verbose_name_plural': 'audit blocks',
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.UUIDField(editable=False, help_text='Begins with the time, so that ids sort by it.', primary_key=True, serialize=False, verbose_name='id')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('event', models.CharField(max_length=48, verbose_name='event')),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('denied', 'Denied')], max_length=8, verbose_name='outcome')),
                ('actor_kind', models.CharField(help_text='user, staff, system, or anonymous.', max_length=16)),
                ('actor_id', models.CharField(blank=True, max_length=64)),
                ('actor_label', models.CharField(blank=True, max_length=254)),
                ('credential_kind', models.CharField(blank=True, max_length=24)),
                ('credential_id', models.CharField(blank=True, max_length=64)),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request id')),
                ('address', models.CharField(blank=True, max_length=64, verbose_name='address')),
                ('project_id', models.UUIDField(null=True, verbose_name='project')),
                ('owner_id', models.CharField(blank=True, help_text='Whose personal matter it is.', max_length=64, verbose_name='owner')),
                ('subject_kind', models.CharField(max_length=16)),
                ('subject_id', models.CharField(blank=True, max_length=64)),
                ('subject_label', models.CharField(blank=True, max_length=254)),
                ('data', models.JSONField(default=dict)),
                ('key_id', models.CharField(max_length=64, verbose_name='master key')),
                ('mac', models.BinaryField()),
                ('block', models.PositiveBigIntegerField(help_text='Set by the sealer.', null=True, verbose_name='block')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['project_id', 'id'], name='secrets_audit_project'), models.Index(fields=['owner_id', 'id'], name='secrets_audit_owner'), models.Index(fields=['subject_id', 'id'], name='secrets_audit_subject'), models.Index(fields=['actor_id', 'id'], name='secrets_audit_actor'), models.Index(fields=['event', 'id'], name='secrets_audit_event'), models.Index(fields=['block', 'id'], name='secrets_audit_block')],
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit entries',
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, drop_sets),
    ]
