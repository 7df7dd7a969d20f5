"""The keyring of the desktop, through the library `keyring`, where that is installed: a safer place than a file."""

from __future__ import annotations

from typing import Any

SERVICE = "neo"
# The library's word for backends that it recommends. Below are those that store nothing, or in the clear.
RECOMMENDED = 1


def available() -> Any:
    """Return the keyring of this user, or None if there is none that the library recommends."""
    try:
        import keyring

        backend = keyring.get_keyring()
        return backend if backend.priority >= RECOMMENDED else None
    except Exception:  # noqa: BLE001  (each backend has its own errors, and the file will do)
        return None


def read(server: str) -> str | None:
    """Return what is kept for this server; None if that is nothing, or cannot be read now."""
    backend = available()
    try:
        return None if backend is None else backend.get_password(SERVICE, server)
    except Exception:  # noqa: BLE001  (as above)
        return None


def write(server: str, text: str) -> bool:
    """Keep `text` for this server; return whether it is kept."""
    backend = available()
    try:
        if backend is not None:
            backend.set_password(SERVICE, server, text)
        return backend is not None
    except Exception:  # noqa: BLE001  (as above)
        return False


def forget(server: str) -> None:
    """Delete what is kept for this server, if anything is and can be."""
    backend = available()
    try:
        if backend is not None:
            backend.delete_password(SERVICE, server)
    except Exception:  # noqa: BLE001, S110  (as above)
        pass
