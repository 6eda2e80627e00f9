"""Addresses: no link, name or redirect leads anywhere but to a public host, whatever it looks like."""

from __future__ import annotations

import asyncio
import ssl
from ipaddress import ip_address

import anyio
import httpcore
import pytest

from runware_nb.api.transport.addresses import Link, Pinned, is_global
from runware_nb.api.transport.downloads import Downloads, _proxy
from runware_nb.errors import BadAsset, Unreachable

LITERALS = [
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1"),
    *("172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.170.2", "100.64.0.1"),
    *("100.100.100.200", "100.127.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:8.8.8.8]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]"),
    *("[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[fec0::1]", "[2001::1]", "[2001:db8::1]", "[2002:7f00:1::]"),
    *("[3fff::1]", "[100::1]", "[2001:0:7f00:1::]", "[0:0:0:0:0:ffff:7f00:1]"),
]
SPELLINGS = [
    *("2130706433", "0x7f000001", "017700000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "0", "0x0", "00"),
    *("127.0.0.01", "0x7f.1", "2852039166", "0xA9FEA9FE", "127.0.0.1.", "169.254.43518", "①②⑦.⓪.⓪.①", "127。0。0。1"),
    *("1", "4294967295", "0x100000000", "256.256.256.256", "1.2.3", "1.2.3.4.5"),
]
NAMES = [
    *("localhost.", "LOCALHOST.", "foo.localhost", "metadata", "intranet", "router.local", "metadata.google.internal"),
    *("kubernetes.default.svc.cluster.local", "1.0.0.127.in-addr.arpa", "x.home.arpa", "x.lan", "x.onion", "a..com"),
    *(
        "-",
        ".",
        "..",
        "a." * 130 + "com",
        "a" * 64 + ".com",
        "exa mple.com",
        "evil.com%00.runware.ai",
        "b\u00fccher.de",
    ),
]
WHOLE = [
    *(
        "http://cdn.example.com/a.png",
        "HTTP://cdn.example.com/",
        "ftp://cdn.example.com/a",
        "file:///etc/passwd",
        "/a.png",
    ),
    *("//cdn.example.com/a.png", "data:image/png;base64,AAAA", "gopher://cdn.example.com/", "javascript:alert(1)", ""),
    *(
        "https://",
        "https:///a.png",
        "https:cdn.example.com",
        "https://user@cdn.example.com/",
        "https://u:p@cdn.example.com/",
    ),
    *("https://cdn.example.com@127.0.0.1/", "https://127.0.0.1\\@cdn.example.com/", "https://cdn.example.com\\..\\a"),
    *("https://cdn.example.com:0/", "https://cdn.example.com:99999/", "https://cdn.example.com:a/", "https://[::1/"),
    *(
        "https://cdn.example.com/\r\nHost: x",
        "https://cdn.example.com/a\tb",
        " https://cdn.example.com/",
        "https://a\0.com/",
    ),
    *(
        "\\\\server\\share\\a.png",
        "https://cdn.example.com/" + "a" * 9000,
        "unix:///var/run/docker.sock",
        "https://#@a/",
    ),
    *("http://localhost:8888/", "http://127.0.0.1/", "https://localhost/", "https://127.0.0.1:8443/", "http://[::1]/"),
]
ATTACKS = [f"https://{host}/a.png" for host in (*LITERALS, *SPELLINGS, *NAMES)] + WHOLE
RELATIVE = {"https://", "https:///a.png", "https:cdn.example.com", "https://#@a/"}
"""Read from a page of the same scheme, these stay on its host."""
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "100.64.9.9",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "fe80::1",
    "0.0.0.0",
]


@pytest.fixture
def connections(monkeypatch):
    """Where connections were made to. None gets there."""
    seen = []

    async def refuse(remote_host, remote_port, **_):
        seen.append(remote_host)
        raise OSError("nothing leaves a test")

    monkeypatch.setattr(anyio, "connect_tcp", refuse)
    return seen


def downloads(*answers, local=False):
    """Files of hosts whose names are looked up as told, the last answer again and again."""
    told = list(answers)

    async def resolve(host, port):
        return told.pop(0) if len(told) > 1 else told[0]

    return Downloads(ssl.create_default_context, local=local, resolve=resolve)


def test_the_table_is_a_long_one():
    assert len(set(ATTACKS)) >= 80


@pytest.mark.parametrize("url", ATTACKS)
async def test_no_such_link_is_fetched(url, connections):
    with pytest.raises(BadAsset):
        await downloads(["93.184.216.34"]).fetch(url, bytes, limit=9)

    assert connections == []


@pytest.mark.parametrize("url", [f"https://{host}/" for host in LITERALS[2:] if host != "[::1]"])
async def test_an_api_on_this_machine_opens_no_way_to_others(url, connections):
    with pytest.raises(BadAsset):
        await downloads(["93.184.216.34"], local=True).fetch(url, bytes, limit=9)

    assert connections == []


@pytest.mark.parametrize("address", INSIDE)
async def test_a_public_name_of_a_private_machine_is_refused(address, connections):
    with pytest.raises(BadAsset, match="private network"):
        await downloads([address]).fetch("https://cdn.example.com/a.png", bytes, limit=9)

    assert connections == []


async def test_of_mixed_addresses_only_the_public_are_tried(connections):
    with pytest.raises(Unreachable, match="cannot be reached") as caught:
        await downloads([*INSIDE, "93.184.216.34", "2606:4700::1111"]).fetch("https://cdn.example.com/", bytes, limit=9)

    assert connections == ["93.184.216.34", "2606:4700::1111"]
    assert caught.value.sent is False


async def test_a_name_that_changes_its_answer_finds_no_gap(connections):
    files = downloads(["93.184.216.34"], ["127.0.0.1"])
    for kind in (Unreachable, BadAsset):
        with pytest.raises(kind):
            await files.fetch("https://cdn.example.com/", bytes, limit=9)

    assert connections == ["93.184.216.34"]


async def test_a_name_nobody_knows_is_no_connection(connections):
    with pytest.raises(Unreachable, match="cannot be reached"):
        await downloads([]).fetch("https://cdn.example.com/", bytes, limit=9)


async def test_a_slow_resolver_is_not_waited_for():
    async def never(host, port):
        await asyncio.Event().wait()

    with pytest.raises(httpcore.ConnectTimeout):
        await Pinned(never).connect_tcp("cdn.example.com", 443, timeout=0.05)


async def test_tls_still_asks_for_the_name(monkeypatch):
    hello = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        hello.set_result(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    real, port = anyio.connect_tcp, server.sockets[0].getsockname()[1]
    monkeypatch.setattr(anyio, "connect_tcp", lambda remote_host, remote_port, **_: real("127.0.0.1", port))
    async with server:
        with pytest.raises(Unreachable):
            await downloads(["93.184.216.34"]).fetch("https://cdn.example.com/", bytes, limit=9)

    assert b"cdn.example.com" in await hello


@pytest.mark.parametrize("location", [u for u in ATTACKS if ":" in u.partition("/")[0] and u not in RELATIVE])
def test_a_redirect_is_checked_like_a_link(location):
    with pytest.raises(BadAsset):
        Link.read("https://cdn.example.com/a").follow(location)


def test_a_redirect_never_gives_tls_up():
    with pytest.raises(BadAsset, match="not https"):
        Link.read("https://cdn.example.com/a", local=True).follow("http://127.0.0.1:9/a", local=True)


def test_a_redirect_may_stay_on_its_host():
    assert Link.read("https://cdn.example.com/a/b?c").follow("../d?e") == Link("https", "cdn.example.com", 443, "/d?e")


@pytest.mark.parametrize(
    "url",
    ["https://im.runware.ai/image/os/a/ws/2/ii/b.jpg?x=1&y=%20", "https://8.8.8.8:8443/", "https://[2606:4700::1]/a"],
)
def test_public_links_are_fetched(url):
    assert Link.read(url).scheme == "https"


@pytest.mark.parametrize(
    ("address", "expected"), [("8.8.8.8", True), ("2606:4700::1111", True), ("192.88.99.1", False)]
)
def test_what_is_global_follows_the_registries(address, expected):
    assert is_global(ip_address(address)) is expected


def test_a_proxy_is_used_as_the_environment_says(monkeypatch):
    monkeypatch.setenv("no_proxy", "near.example.com")
    proxies = {"https": "proxy.corp:3128"}

    assert _proxy(Link.read("https://cdn.example.com/"), proxies) == "http://proxy.corp:3128"
    assert _proxy(Link.read("https://near.example.com/"), proxies) is None


async def test_a_proxy_gets_its_own_password_and_the_name_alone(monkeypatch):
    heard = asyncio.get_running_loop().create_future()

    async def proxy(reader, writer):
        heard.set_result((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 502 X\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{server.sockets[0].getsockname()[1]}")
    files = downloads(["93.184.216.34"])
    async with server:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await files.fetch("https://cdn.example.com/a.png?signed", bytes, limit=9)
        await files.close()

    assert (await heard).startswith("CONNECT cdn.example.com:443 ")
    assert "Basic bWU6cEBzcw==" in await heard
    assert "signed" not in await heard


async def test_through_a_proxy_links_to_private_addresses_are_still_refused(monkeypatch, connections):
    monkeypatch.setenv("https_proxy", "http://proxy.corp:3128")
    files = downloads(["93.184.216.34"])
    with pytest.raises(BadAsset):
        await files.fetch("https://169.254.169.254/latest", bytes, limit=9)
    with pytest.raises(Unreachable):
        await files.fetch("https://cdn.example.com/", bytes, limit=9)
    await files.close()

    assert connections == ["proxy.corp"]
