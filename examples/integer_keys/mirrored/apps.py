from django.apps import AppConfig


class MirroredConfig(AppConfig):
    name = "mirrored"

    def ready(self) -> None:
        from django.db.models.signals import post_save
        from teams.models import Team

        from mirrored.models import mirror

        post_save.connect(mirror, sender=Team, dispatch_uid="mirrored.mirror")
