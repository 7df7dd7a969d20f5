"""The model field that holds ciphertext and nothing else."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Never, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.encoding import force_bytes
from django_cryptography.fields import EncryptedMixin

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField

_SERIALIZED = "sealed:"


class Sealed:
    """Opaque ciphertext: `str`, `repr` and f-strings show its length, pickling raises TypeError."""

    __slots__ = ("blob",)

    def __init__(self, blob: bytes) -> None:
        self.blob = blob

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.blob == other.blob

    def __hash__(self) -> int:
        return hash(self.blob)

    def __repr__(self) -> str:
        return f"<Sealed: {len(self.blob)} bytes>"

    def __reduce__(self) -> Never:
        raise TypeError("A sealed value cannot be pickled.")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class SealedTextField(EncryptedMixin, _TextField):
    """A column of ciphertext that only `secrets_app.vault` can make and open.

    It takes and returns `Sealed`; a plain string raises TypeError however it is saved. Fixtures carry the ciphertext.
    The only lookup is `isnull`, and there is no form field. It uses the field of django-cryptography without its
    cipher, which binds nothing to the row and goes through pickle.
    """

    description = "Sealed text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Skips EncryptedMixin.__init__, which would derive a cipher from SECRET_KEY.
        super(EncryptedMixin, self).__init__(*args, **kwargs)

    def _dump(self, value: Any) -> bytes:
        if not isinstance(value, Sealed):
            raise TypeError(f"{self.name} holds sealed values only. Seal the text with secrets_app.vault first.")
        return value.blob

    def from_db_value(self, value: Any, *args: Any) -> Sealed | None:
        # SQLite returns what a damaged row holds, a text or a number; `bytes` of a number would be as many zeros.
        return None if value is None else Sealed(value if isinstance(value, bytes) else force_bytes(value))

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Return the value for the database; raise TypeError also for a plain string inside an expression."""
        for leaf in value.flatten() if hasattr(value, "flatten") else ():
            # bulk_update builds a Case that ends in Value(None).
            if isinstance(leaf, models.Value) and leaf.value is not None:
                self._dump(leaf.value)
        return super().get_db_prep_save(value, connection)

    def to_python(self, value: Any) -> Sealed | None:
        """Return `Sealed` from itself or its serialized form; raise ValidationError for a plain string."""
        if value is None or isinstance(value, Sealed):
            return value
        if isinstance(value, str) and value.startswith(_SERIALIZED):
            try:
                return Sealed(b64decode(value.removeprefix(_SERIALIZED), validate=True))
            except ValueError:
                pass
        raise ValidationError("Sealed values only.")

    def value_to_string(self, obj: models.Model) -> str:
        return _SERIALIZED + b64encode(self._dump(self.value_from_object(obj))).decode("ascii")

    def formfield(self, **kwargs: Any) -> None:
        return None

    def clone(self) -> SealedTextField:
        _, _, args, kwargs = self.deconstruct()
        return SealedTextField(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, args, kwargs = super(EncryptedMixin, self).deconstruct()
        return name, "secrets_app.fields.SealedTextField", list(args), dict(kwargs)
