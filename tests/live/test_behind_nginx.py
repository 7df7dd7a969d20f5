"""The site in production under a path, behind Debian's nginx with TLS, on a Unix socket."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.site import Site, reserve_port
from tests.live.test_serve import prepared
from tests.neo_cli.command import Neo
from tests.neo_cli.tls import self_signed

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(NGINX is None, reason="no nginx: apt-get install nginx, as .ci/run does"),
]

# As in docs/deployment.md: the first server passes the base path on, the second takes it off.
CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; user {user};
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    ssl_certificate {certificate}; ssl_certificate_key {certificate};
    upstream neo {{ server unix:{socket}; keepalive 16; }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host:$server_port;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-For $remote_addr;
    server {{ listen 127.0.0.1:{ports[0]} ssl; location /vault/ {{ proxy_pass http://neo; }} }}
    server {{ listen 127.0.0.1:{ports[1]} ssl; location /vault/ {{ proxy_pass http://neo/; }} }}
}}
"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, list[str], Path]]:
    """A site in production, its addresses behind nginx, and the certificate of nginx."""
    folder = tmp_path_factory.mktemp("nginx")
    reserved = [reserve_port() for _ in range(2)]
    ports = [port for _, port in reserved]
    for held, _ in reserved:
        held.close()
    certificate, path = self_signed(folder), folder / "neo.sock"
    site = prepared(folder, NEO_BIND=f"unix:{path}", NEO_BASE_PATH="/vault/", NEO_ALLOWED_HOSTS="127.0.0.1")
    over_tls = {"Host": "127.0.0.1", "X-Forwarded-Proto": "https"}
    site.start(wait_for="/readyz", headers=over_tls, transport=httpx.HTTPTransport(uds=str(path)))
    configuration = folder / "nginx.conf"
    shown = {"folder": folder, "certificate": certificate, "socket": path, "ports": ports, "user": path.owner()}
    configuration.write_text(CONFIGURATION.format(**shown))
    with subprocess.Popen([str(NGINX), "-c", str(configuration)], stderr=subprocess.DEVNULL) as nginx:
        try:
            _wait_for(f"https://127.0.0.1:{ports[0]}/vault/livez", certificate, nginx)
            yield site, [f"https://127.0.0.1:{port}/vault" for port in ports], certificate
        finally:
            nginx.terminate()
    assert site.stop() == 0


def _wait_for(url: str, certificate: Path, nginx: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert nginx.poll() is None, "nginx ended"
        try:
            if httpx.get(url, verify=ssl.create_default_context(cafile=certificate)).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("nginx did not answer")


@pytest.fixture(params=[0, 1], ids=["path passed on", "path taken off"])
def site(addresses: Any, request: pytest.FixtureRequest) -> Site:
    site: Site
    site, urls, _ = addresses
    site.url = urls[request.param]
    return site


@pytest.fixture
def browser(addresses: Any, site: Site) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=addresses[2])
    with httpx.Client(verify=context, follow_redirects=True, timeout=60) as client:
        yield client


def linked(page: httpx.Response) -> list[httpx.URL]:
    """The addresses of scripts, styles, pictures and links of a page."""
    found = re.findall(r'(?:href|src)="([^"#]+)"', page.text)
    return [page.url.join(unescape(address)) for address in found if not address.startswith("data:")]


def sign_in(browser: httpx.Client, site: Site) -> httpx.Response:
    page = browser.get(f"{site.url}/admin/")
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "next": "/vault/admin/"}
    form |= {"login": "admin", "password": site.password_of("admin")}
    return browser.post(page.url, data=form, headers={"Referer": str(page.url)})


def test_the_admin_stays_under_its_path(browser: httpx.Client, site: Site) -> None:
    index = sign_in(browser, site)
    assert index.status_code == 200
    assert str(index.url) == f"{site.url}/admin/"
    assert {cookie.path for cookie in browser.cookies.jar} == {"/vault/"}
    addresses = linked(index)
    assert [address for address in addresses if not str(address).startswith(site.url)] == []
    assert {browser.get(address).status_code for address in addresses} == {200}
    assert [address for address in addresses if "/vault/static/" in str(address)]


def test_the_docs_page_finds_its_scripts_and_document(browser: httpx.Client, site: Site) -> None:
    page = browser.get(f"{site.url}/api/docs")
    addresses = linked(page)
    script = next(address for address in addresses if "script" in str(address.query))
    assert {browser.get(address).status_code for address in addresses} == {200}
    assert "/vault/api/openapi.json" in browser.get(script).text
    assert browser.get(f"{site.url}/api/openapi.json").json()["servers"] == [{"url": "/vault"}]


def test_neo_and_the_next_links_of_the_api_keep_the_path(
    addresses: Any, browser: httpx.Client, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(addresses[2]))
    neo = Neo(site, tmp_path).log_in("member")
    name = f"UNDER_A_PATH_{httpx.URL(site.url).port}"
    assert neo("secrets", "set", name, "--stdin", stdin="a-value-of-this-test").code == 0
    assert name in neo("secrets", "list").out
    stored = neo.credentials.read_text()
    assert site.url in stored
    token = re.search(r'"access[a-z_]*": "([^"]+)"', stored)
    assert token is not None
    audit = browser.get(f"{site.url}/api/v1/audit?limit=1", headers={"Authorization": f"Bearer {token[1]}"})
    following = audit.json()["next"]
    assert following.startswith(f"{site.url}/api/v1/audit?")
    assert browser.get(following, headers={"Authorization": f"Bearer {token[1]}"}).status_code == 200


def test_faults_and_probes_under_the_path(browser: httpx.Client, site: Site) -> None:
    missing = browser.get(f"{site.url}/api/v1/nothing")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")
    assert browser.get(f"{site.url}/readyz").json()["status"] == "ready"
    assert browser.get(f"{site.url}/nothing").status_code == 404


def test_plain_http_is_redirected_to_the_same_path(addresses: Any, site: Site) -> None:
    transport = httpx.HTTPTransport(uds=site.environment["NEO_BIND"].removeprefix("unix:"))
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as direct:
        assert direct.get("/vault/api/docs").headers["Location"] == "https://127.0.0.1/vault/api/docs"
        assert {direct.get(f"{base}/livez").status_code for base in ("", "/vault")} == {200}
