"""The errors of the Python API.

Each is a `SecretsError`. It is also what Django knows of its kind, so that nothing has to be translated: a refusal is a
`PermissionDenied`, which a plain view answers with 403, a missing secret is an `Http404`, and wrong input is a
`ValidationError`, which forms collect. And it is the exception of the HTTP API, so that a view of Django REST framework
answers with its status and code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, ParamSpec, Self, TypeVar
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.settings import api_settings

from neo_base.access import errors as access
from neo_base.rest import errors as rest
from secrets_app import errors

__all__ = [
    "AlreadyMade",
    "AuditUnavailable",
    "ExpiryPassed",
    "ExpiryTooLate",
    "GrantTooLong",
    "IdempotencyKeyReused",
    "InsideTransaction",
    "InvalidInput",
    "KeyUnavailable",
    "NameTaken",
    "NoSuchSecret",
    "NotAMember",
    "NotSignedIn",
    "OtherError",
    "RoleTooLow",
    "SecretExpired",
    "SecretGone",
    "SecretsError",
    "StorageLow",
    "StoredTooMuch",
    "TooManyGrants",
    "TooManySecrets",
    "TooManyTokens",
    "UnknownSecrets",
    "Unreadable",
    "UnreadableSecrets",
]

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


class SecretsError(Exception):
    """The base of every error of the Python API. `str()` of one says what to do, and quotes no value."""

    own: ClassVar[dict[type[Exception], type[SecretsError]]] = {}
    """The classes of this module, by the class of the HTTP API that they stand for."""

    def __init_subclass__(cls) -> None:
        stands_for = next((base for base in reversed(cls.__bases__) if issubclass(base, exceptions.APIException)), None)
        if stands_for is not None:
            cls.own[stands_for] = cls

    @property
    def code(self) -> str:
        """The kind of error, for programs: the word that the HTTP API has for it."""
        return str(self.default_code)  # type: ignore[attr-defined]

    @classmethod
    def of(cls, error: exceptions.APIException) -> SecretsError:
        """Return the error of this module for one of the HTTP API."""
        kind = next(cls.own[base] for base in type(error).__mro__ if base in cls.own)
        return kind._with(error.__dict__ | kind._more(error.detail), error.detail)

    @classmethod
    def _with(cls, state: Mapping[str, Any], *args: Any) -> Self:
        made = cls.__new__(cls)
        made.__dict__.update(state)
        made.args = args
        return made

    @classmethod
    def _more(cls, detail: Any) -> dict[str, Any]:  # noqa: ARG003
        """Return what the class of Django keeps on an instance, besides."""
        return {}

    def __reduce__(self) -> Any:
        # A task queue may send an error on to another process.
        return type(self)._with, (self.__dict__, *self.args)


class OtherError(SecretsError, exceptions.APIException):
    """Any error that has no class of its own here."""


class InvalidInput(SecretsError, DjangoValidationError, exceptions.ValidationError):  # type: ignore[misc]  # `code`
    """Input of a wrong form. `message_dict` has the messages by field."""

    @classmethod
    def _more(cls, detail: Any) -> dict[str, Any]:
        by_field = detail if isinstance(detail, Mapping) else {NON_FIELD_ERRORS: detail}
        return vars(DjangoValidationError({_field(name): _texts(said) for name, said in by_field.items()}))


class NotSignedIn(SecretsError, PermissionDenied, exceptions.NotAuthenticated):
    """The user is anonymous or inactive."""


class NotAMember(SecretsError, PermissionDenied, access.NotAMember):
    """The user does not belong to the project, or there is no such project."""


class RoleTooLow(SecretsError, PermissionDenied, access.RoleTooLow):
    """The user belongs to the project, and their role does not allow this."""


class NoSuchSecret(SecretsError, Http404, errors.NoSuchSecret):
    """The owner has no secret of this name."""


class NameTaken(SecretsError, errors.NameTaken):
    """The owner has a secret of this name already."""


class TooManySecrets(SecretsError, errors.TooManySecrets):
    """The owner has as many secrets as the site allows."""


class Unreadable(SecretsError, errors.Unreadable):
    """A stored value cannot be decrypted."""


class UnknownSecrets(SecretsError, errors.UnknownSecrets):
    """The task selects secrets that do not exist."""


class GrantTooLong(SecretsError, errors.GrantTooLong):
    """The site does not allow a task grant to last that long."""


class TooManyGrants(SecretsError, errors.TooManyGrants):
    """The user has as many usable task grants as the site allows."""


class SecretExpired(SecretsError, errors.SecretExpired):
    """Secrets of the task have expired."""


class SecretGone(SecretsError, errors.SecretGone):
    """Secrets of the task were deleted meanwhile."""


class UnreadableSecrets(SecretsError, errors.UnreadableSecrets):
    """Values of the task cannot be decrypted."""


class ExpiryPassed(SecretsError, errors.ExpiryPassed):
    """The expiry is in the past."""


class ExpiryTooLate(SecretsError, errors.ExpiryTooLate):
    """The site does not allow a service token to last that long."""


class TooManyTokens(SecretsError, errors.TooManyTokens):
    """The user has as many usable service tokens as the site allows."""


class StoredTooMuch(SecretsError, errors.StoredTooMuch):
    """The user has stored as much today as the site allows."""


class StorageLow(SecretsError, errors.StorageLow):
    """The storage is nearly full."""


class KeyUnavailable(SecretsError, errors.KeyUnavailable):
    """The encryption keys cannot be had at the moment."""


class AuditUnavailable(SecretsError, errors.AuditUnavailable):
    """The audit log cannot be written at the moment."""


class _OfAKey(SecretsError):
    """An error about an `idempotency_key`, which clients of the HTTP API know by another name.

    It is for developers, and so in English.
    """

    @classmethod
    def _more(cls, detail: Any) -> dict[str, Any]:  # noqa: ARG003
        return {"detail": exceptions.ErrorDetail(cls.default_detail, cls.default_code)}  # type: ignore[attr-defined]


class AlreadyMade(_OfAKey, rest.AlreadyMade):
    """The call was carried out before with this `idempotency_key`, and its token is not shown again.

    So it is as well if the secret that it made is gone or has moved.
    """

    default_detail = (
        "This call was carried out before: what it made shows its token only once, is gone, or has moved. `id` names "
        "it. To make another one, call with a new `idempotency_key`."
    )

    @property
    def id(self) -> UUID:
        """The id of what was made."""
        return UUID(self.errors["id"][0])


class IdempotencyKeyReused(_OfAKey, rest.KeyReused):
    """The `idempotency_key` belongs to another call."""

    default_detail = "This `idempotency_key` was given to another call. Give each new call a key of its own."


class InsideTransaction(SecretsError, RuntimeError):
    """The values of a task were asked for inside a transaction."""

    default_code = "inside_transaction"

    def __init__(self) -> None:
        # For developers, and so in English.
        super().__init__(
            "environment() was called inside a transaction. If that were rolled back, the audit log would not say that "
            "the values had been given. Call it outside of transaction.atomic(); with ATOMIC_REQUESTS, mark the view "
            "with transaction.non_atomic_requests."
        )


def with_own_errors(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Return `function`, raising the errors of this module in place of those of the HTTP API."""

    @wraps(function)
    def called(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        try:
            return function(*args, **kwargs)
        except SecretsError:
            raise
        except exceptions.APIException as error:
            raise SecretsError.of(error).with_traceback(error.__traceback__) from error.__cause__

    return called


def _field(name: str) -> str:
    return NON_FIELD_ERRORS if name == api_settings.NON_FIELD_ERRORS_KEY else name


def _texts(said: Any) -> list[str]:
    """Return the messages in what DRF says about a field, which may be nested."""
    nested = said.values() if isinstance(said, Mapping) else said if isinstance(said, list | tuple) else None
    return [str(said)] if nested is None else [text for each in nested for text in _texts(each)]
