from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from secrets_app.audit.recording import record
from secrets_app.owners import Owner


class Command(BaseCommand):
    help = (
        "Add a device for one-time codes (TOTP) to a user and print its address, once. Enter the address into an "
        "authenticator application, as text or as a QR code, and keep it nowhere else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--replace", action="store_true", help="Delete the devices that the user has.")

    def handle(self, *, username: str, replace: bool, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        if user is None:
            raise CommandError("No user has this name. Check the spelling.")
        with transaction.atomic():
            devices = TOTPDevice.objects.filter(user=user)
            if replace:
                devices.delete()
            elif devices.exists():
                raise CommandError("The user already has a device. Use --replace to replace it.")
            device = TOTPDevice.objects.create(user=user, name="Authenticator", confirmed=True)
            subject, owner = Subject.of_user(user), Owner(user_id=user.pk)
            record(
                "second_factor.added", actor=Actor.system("add_totp"), subject=subject, owner=owner, replaced=replace
            )
        self.stdout.write(device.config_url)
