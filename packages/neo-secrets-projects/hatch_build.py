"""What pyproject.toml cannot say: where the package `projects` is, and which neo-secrets fits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PACKAGE = "projects"
HERE = Path(__file__).resolve().parent


class SameVersion(MetadataHookInterface):
    """The dependency on the neo-secrets of the same version. An sdist has it in its PKG-INFO."""

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = [f"neo-secrets=={metadata['version']}"]


class PackageOfTheRepository(BuildHookInterface[Any]):
    """The package beside this file, as in an sdist; else the one at the top of the repository."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        beside = HERE / PACKAGE
        source = beside if beside.is_dir() else HERE.parents[1] / PACKAGE
        build_data["force_include"][str(source)] = PACKAGE
