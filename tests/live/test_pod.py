"""The site as Kubernetes runs it: a user without a name, a root file system that is read-only, keys in a secret volume.

Namespaces stand in for the pod, so that this needs root. What docs/kubernetes.md says beyond it was not run here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from neo_site.keys import make_key_files
from tests.live.site import NO_TLS, ROOT, Site

USER, FS_GROUP = 54321, 65432

# Mounts the volumes below /mnt and begins as root, as kubelet does; what comes after `setpriv` is the container.
POD = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/keys /mnt/data /mnt/tmp /mnt/python
mount --bind "$1/keys" /mnt/keys && mount -o remount,bind,ro /mnt/keys
mount --bind "$1/data" /mnt/data
mount -t tmpfs -o mode=1777 tmpfs /mnt/tmp
if [ -n "$2" ]; then  # a folder that nobody but root enters, above the interpreter
    mount --bind "$3" /mnt/python && mount -t tmpfs -o mode=755 tmpfs "$2"
    mkdir -p "$3" && mount --bind /mnt/python "$3"
fi
mount -o remount,bind,ro /
cd "$4"
exec setpriv --reuid {user} --regid {user} --groups {group} --no-new-privs --bounding-set=-all --inh-caps=-all sh -ec '
    for place in /anything "$0"; do ! touch "$place" 2> /dev/null || exit 3; done
    "$1" manage.py migrate --verbosity 0
    exec "$1" -m neo_site.serve' /mnt/keys/anything "$5"
"""


def can_make_namespaces() -> bool:
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(tried, capture_output=True, timeout=60).returncode == 0


pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root, unshare and setpriv, and may mount file systems"),
]


def closed_folder(path: Path) -> str:
    """The outermost folder above `path` that only its owner enters; empty where everybody reaches `path`."""
    return next((str(each) for each in reversed(path.parents) if not each.stat().st_mode & 0o001), "")


def secret_volume(folder: Path) -> None:
    """Three keys as kubelet lays them out for a pod with an fsGroup: root's, mode 0440, behind links."""
    make_key_files(folder / "..2026_11_28")
    (folder / "..data").symlink_to("..2026_11_28")
    for key in sorted((folder / "..2026_11_28").iterdir()):
        os.chown(key, 0, FS_GROUP)
        key.chmod(0o440)
        (folder / key.name).symlink_to(f"..data/{key.name}")
    for each in (folder, folder / "..2026_11_28"):
        each.chmod(0o755)


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", USER, USER)
    secret_volume(tmp_path / "keys")
    site = Site(tmp_path / "data", NEO_PROFILE="production", NEO_ALLOWED_HOSTS="secrets.example.com", NEO_WORKERS="1")
    files = {"NEO_SECRET_KEY": "django.key", "NEO_SIGNING_KEY": "signing.key", "NEO_MASTER_KEYS": "master.keys"}
    site.environment |= {f"{name}_FILE": f"/mnt/keys/{file}" for name, file in files.items()}
    # The port is held for users of this process's name only.
    site._reservation.close()
    site.environment |= {"NEO_DATA_DIR": "/mnt/data", "TMPDIR": "/mnt/tmp", "HOME": "/", "PYTHONDONTWRITEBYTECODE": "1"}
    prefix = Path(sys.base_prefix).resolve()
    given = [tmp_path, closed_folder(prefix), prefix, ROOT, sys.executable]
    script = POD.format(user=USER, group=FS_GROUP)
    with site.output.open("ab") as output:
        site.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script, "pod", *map(str, given)],
            env=site.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    yield site
    site.process.kill()


def test_a_pod_migrates_and_serves_with_the_keys_of_its_volume(pod: Site) -> None:
    through = {"Host": "secrets.example.com", "X-Forwarded-Proto": "https"}
    pod.wait_for("/livez", headers=through)
    assert pod.process is not None
    status = Path(f"/proc/{pod.process.pid}/status").read_text()
    assert f"Uid:\t{USER}\t{USER}\t{USER}\t{USER}" in status
    assert "CapBnd:\t0000000000000000" in status
    ready = httpx.get(f"{pod.url}/readyz", headers=through, verify=NO_TLS)
    assert ready.json() == {"status": "ready", "database": True, "migrations": True, "keyring": True}
    assert pod.stop() == 0
