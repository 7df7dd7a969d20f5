from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from secrets_app.audit.recording import record
from secrets_app.scopes import Scope


class Command(BaseCommand):
    help = (
        "Gives a user a device for one-time codes (TOTP) and prints its address, once: it goes into an authenticator "
        "application, typed or as a QR code, and nowhere else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--replace", action="store_true", help="Take away the devices that the user has.")

    def handle(self, *, username: str, replace: bool, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        if user is None:
            raise CommandError("There is no user of this name.")
        with transaction.atomic():
            devices = TOTPDevice.objects.filter(user=user)
            if replace:
                devices.delete()
            elif devices.exists():
                raise CommandError("The user has a device already. Give --replace to put another one in its place.")
            device = TOTPDevice.objects.create(user=user, name="Authenticator", confirmed=True)
            subject, scope = Subject.of_user(user), Scope(owner_id=user.pk)
            record(
                "second_factor.added", actor=Actor.system("add_totp"), subject=subject, scope=scope, replaced=replace
            )
        self.stdout.write(device.config_url)
