"""Where the house may send by itself."""

from __future__ import annotations

import pytest

from fondaco.runtime.targets import Targets

#: address → which of the settings below allow it
ADDRESSES = {
    "127.0.0.1": {"loopback"},
    "127.8.8.8": {"loopback"},
    "::1": {"loopback"},
    "::ffff:127.0.0.1": {"loopback"},
    "93.184.216.34": {"any"},
    "2606:2800:220:1::1": {"any"},
    "10.1.2.3": {"10.1.0.0/16"},
    "::ffff:10.1.2.3": {"10.1.0.0/16"},
    "10.2.2.3": set[str](),
    "192.168.1.1": set[str](),
    "172.16.0.1": set[str](),
    "169.254.169.254": set[str](),
    "100.64.0.1": set[str](),
    "0.0.0.0": set[str](),
    "224.0.0.1": set[str](),
    "240.0.0.1": set[str](),
    "255.255.255.255": set[str](),
    "::": set[str](),
    "fe80::1%eth0": set[str](),
    "fd00::1": set[str](),
    "ff02::1": set[str](),
    "64:ff9b::a01:203": set[str](),
    "2002:a01:203::1": set[str](),
    "2002:7f00:1::": set[str](),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses(address: str) -> None:
    allowed = {text for text in ("loopback", "any", "10.1.0.0/16") if Targets(text).allows(address)}
    assert allowed == ADDRESSES[address]
    assert Targets("loopback, any,10.1.0.0/16").allows(address) >= bool(ADDRESSES[address])
    assert not Targets("").allows(address)


@pytest.mark.parametrize("text", ["everything", "10.1.0.0/33", "10.1.0.1/16", "loopback any"])
def test_a_setting_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is neither loopback, any, nor a network"):
        Targets(text)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:8000/hook?a=b", ""),
        ("https://[::1]/hook", ""),
        ("https://shop.example/hook", ""),
        ("ftp://127.0.0.1/", "it has to begin with https://"),
        ("127.0.0.1:80", "it has to begin with https://"),
        ("http:///hook", "it names no host"),
        ("http://user:word@127.0.0.1/", "must not carry a name or password"),
        ("http://127.0.0.1/#top", "must not have a fragment"),
        ("http://127.0.0.1:0/", "its port is 0"),
        ("http://127.0.0.1:99999/", "it is no address"),
        ("http://[::1/", "it is no address"),
        ("http://127.0.0.1/a b", "printable ASCII"),
        ("http://bücher.example/", "printable ASCII"),
        ("http://127.0.0.1/" + "x" * 1024, "at most 1024"),
        ("http://10.0.0.1/", "only to: loopback"),
        ("http://169.254.169.254/latest", "only to: loopback"),
    ],
)
def test_urls(url: str, why: str) -> None:
    said = Targets("loopback").why_not(url)
    assert why in said
    assert bool(said) == bool(why)
