"""The manifest in docs/kubernetes.md: as whom it runs what, with which files and settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
(MANIFEST,) = re.findall(
    r"```yaml\n(apiVersion: v1\nkind: List\n.*?)```",
    (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
ITEMS = yaml.load(MANIFEST, yaml.CSafeLoader)["items"]


WITH_PODS = {item["metadata"]["name"]: item for item in ITEMS if item["kind"] in ("Job", "Deployment")}
PODS: dict[str, Any] = {name: item["spec"]["template"]["spec"] for name, item in WITH_PODS.items()}


@pytest.mark.parametrize("name", PODS)
def test_no_pod_has_more_than_it_needs(name: str) -> None:
    (container,) = PODS[name]["containers"]
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert PODS[name]["securityContext"]["runAsNonRoot"] is True
    assert PODS[name]["securityContext"]["runAsUser"] == PODS[name]["securityContext"]["fsGroup"] == 10001
    assert PODS[name]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", PODS)
def test_the_keys_are_as_private_as_the_site_demands(name: str) -> None:
    volumes = {volume["name"]: volume for volume in PODS[name]["volumes"]}
    # YAML 1.1, which kubectl reads, knows octal numbers by their first 0.
    assert volumes["keys"]["secret"]["defaultMode"] == 0o440
    mounts = {mount["name"]: mount for mount in PODS[name]["containers"][0]["volumeMounts"]}
    assert mounts["keys"]["readOnly"] is True
    assert mounts.keys() == volumes.keys()


def test_the_user_is_the_one_of_the_image() -> None:
    containerfile = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert "\nUSER 10001\n" in containerfile
    assert "NEO_STATIC_ROOT=" in containerfile


def test_every_setting_is_documented() -> None:
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    (given,) = [item["data"] for item in ITEMS if item["kind"] == "ConfigMap"]
    named = {name.removesuffix("_FILE") for name in given}
    assert [name for name in named if f"| `{name}` |" not in settings] == []


def test_the_deployment_is_probed_and_has_time_to_stop() -> None:
    (container,) = PODS["neo-secrets"]["containers"]
    probes = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert probes == {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    assert PODS["neo-secrets"]["terminationGracePeriodSeconds"] > 15


def test_a_job_migrates_and_one_worker_does_what_is_due() -> None:
    commands = {name: pod["containers"][0].get("command") for name, pod in PODS.items()}
    manage = [".venv/bin/python", "manage.py"]
    assert commands == {"neo-migrate": [*manage, "migrate"], "neo-secrets": None, "neo-worker": [*manage, "worker"]}
    assert WITH_PODS["neo-worker"]["spec"]["replicas"] == 1


@pytest.mark.parametrize("name", ["neo-secrets", "neo-worker"])
def test_a_deployment_finds_its_own_pods(name: str) -> None:
    spec = WITH_PODS[name]["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == {"app": name}
