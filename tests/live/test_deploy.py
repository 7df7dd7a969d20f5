"""The files in deploy/: read by the programs that they are for, where there are any, and held against the docs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from neo_site.management.commands.worker import Command as Worker
from tests.live.site import ROOT
from tests.live.test_behind_nginx import NGINX
from tests.neo_cli.tls import self_signed
from tests.test_docs import rows

pytestmark = pytest.mark.once

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OF_A_CLUSTER = sorted((DEPLOY / "ha").glob("*.service"))
COMPOSE = yaml.load((DEPLOY / "compose.yaml").read_text(), yaml.CSafeLoader)
CADDY = shutil.which("caddy")
SERVES = ["-m", "neo_site.serve"]


def settings_of(text: str) -> set[str]:
    return {
        name.removesuffix("_FILE") for name in re.findall(r"^\s*((?:NEO|DATABASE)_[A-Z_]+)[=:]", text, re.MULTILINE)
    }


def lines_of(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


@pytest.mark.parametrize("file", ["environment", "compose.yaml"])
def test_every_setting_is_documented(file: str) -> None:
    documented = {row[0] for row in rows("docs/settings.md", "Environment")}
    assert settings_of((DEPLOY / file).read_text()) - documented - {"NEO_HOST"} == set()


def test_the_environment_is_read_alike_by_a_shell_and_by_systemd() -> None:
    lines = [line for line in (DEPLOY / "environment").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if shlex.split(line) != [line]] == []


def test_the_units_start_the_server_and_the_worker() -> None:
    started = {unit.stem: lines_of(unit, "ExecStart")[0].split()[1:] for unit in UNITS}
    assert started == {
        "neo-secrets": SERVES,
        "neo-secrets-chain": ["manage.py", "audit", "chain", "--every", "10"],
        "neo-worker": ["manage.py", Worker.__module__.rpartition(".")[2]],
    }


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_runs_without_privileges_in_the_folder_of_the_readme(unit: Path) -> None:
    assert lines_of(unit, "User") == ["neo-secrets"]
    assert lines_of(unit, "CapabilityBoundingSet") == [""]
    assert lines_of(unit, "NoNewPrivileges") == ["yes"]
    assert lines_of(unit, "WorkingDirectory") == ["/opt/neo-secrets"]
    assert "/opt/neo-secrets" in (ROOT / "README.md").read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze; systemd did not read the units")
def test_systemd_knows_every_line_of_the_units(tmp_path: Path) -> None:
    for unit in UNITS + OF_A_CLUSTER:
        # The program and the user are those of another machine.
        text = re.sub(r"^ExecStart=/opt/\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())], capture_output=True, text=True
    )
    complaints = [line for line in verified.stderr.splitlines() if str(tmp_path) in line]
    assert complaints == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze; it did not judge the units")
def test_systemd_calls_no_unit_exposed() -> None:
    # 2.5 of 10. Ours have 1.4 in systemd 252; that of Patroni is the user `postgres`, and may reach its watchdog.
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", *UNITS, *OF_A_CLUSTER],
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert judged.stdout.count("Overall exposure level") == len(UNITS + OF_A_CLUSTER)


@pytest.mark.skipif(NGINX is None, reason="no nginx: apt-get install nginx, as .ci/run does")
def test_nginx_reads_its_file(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    site = re.sub(r"/etc/ssl/neo/\w+\.pem", str(certificate), (DEPLOY / "nginx.conf").read_text())
    site = site.replace("/var/log/nginx/", f"{tmp_path}/").replace("listen 443", f"listen unix:{tmp_path}/socket")
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ {site} }}"
    (tmp_path / "nginx.conf").write_text(whole)
    read = subprocess.run([str(NGINX), "-t", "-c", f"{tmp_path}/nginx.conf"], capture_output=True, text=True)
    assert "test is successful" in read.stderr, read.stderr


@pytest.mark.skipif(CADDY is None, reason="no caddy: apt-get install caddy; its file was not read")
def test_caddy_reads_its_file() -> None:
    command = [str(CADDY), "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    read = subprocess.run(command, capture_output=True, text=True)
    assert "Valid configuration" in read.stdout + read.stderr, read.stderr


def test_the_containers_have_no_more_than_they_need() -> None:
    ours = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "neo-secrets"}
    assert ours.keys() == {"migrate", "site", "worker"}
    for service in ours.values():
        assert service["user"] == "10001:10001"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert [service.get("command", [])[-1:] for service in ours.values()] == [["migrate"], [], ["worker"]]


def test_the_database_counts_as_healthy_when_it_can_be_reached() -> None:
    check = COMPOSE["services"]["database"]["healthcheck"]["test"]
    # While the image makes the database, its server answers on the socket, and stops again.
    assert check[:3] == ["CMD", "pg_isready", "--host=127.0.0.1"]


def test_only_the_proxy_can_be_reached_and_the_site_trusts_its_network() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]
    (network,) = COMPOSE["networks"]["inside"]["ipam"]["config"]
    assert COMPOSE["services"]["site"]["environment"]["NEO_TRUSTED_PROXIES"] == network["subnet"]


def test_the_image_runs_the_server_as_a_user_without_a_name() -> None:
    lines = (ROOT / "Containerfile").read_text()
    assert "\nUSER 10001\n" in lines
    assert "useradd" not in lines
    assert f'CMD [".venv/bin/python", "{SERVES[0]}", "{SERVES[1]}"]' in lines
    assert "\nARG BASE=" in lines
