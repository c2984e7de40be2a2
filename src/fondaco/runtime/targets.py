"""Where the house may send by itself: addresses that are allowed, whatever names they hide behind.

A webhook's address is chosen by whoever runs a programme, and sending there is done from the house's own place in the
network. So an address must be allowed by the operator of the house:

    loopback       this machine
    any            every public address of the internet: not loopback, not private, not the cloud's link-local one
    10.1.0.0/16    a network named, however private

Only numbers are judged, at each sending, and what is connected to is the number that was judged: a name that answers
otherwise a moment later gains nothing. Addresses that carry another inside them (mapped, translated, tunnelled) are
judged by the inner one as well.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

URL_LENGTH_MAX: Final = 1_024
LOOPBACK: Final = "loopback"
ANY: Final = "any"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class Targets:
    """What is allowed, from a text such as ``loopback, 10.1.0.0/16``. Raises ``ValueError`` with a sentence."""

    def __init__(self, text: str) -> None:
        words = [word.strip() for word in text.split(",") if word.strip()]
        self._loopback = LOOPBACK in words
        self._any = ANY in words
        self._networks: list[_Network] = []
        for word in words:
            if word not in (LOOPBACK, ANY):
                try:
                    self._networks.append(ipaddress.ip_network(word))
                except ValueError:
                    raise ValueError(
                        f"{word!r} is neither loopback, any, nor a network such as 10.1.0.0/16; separate them by commas"
                    ) from None
        self.text = ", ".join(words) or "nothing"

    def allows(self, address: str) -> bool:
        """Whether an address of a connection, in numbers, may be connected to."""
        return all(self._allows(each) for each in _layers(ipaddress.ip_address(address.partition("%")[0])))

    def why_not(self, url: str) -> str:
        """Why nothing would ever be sent to this address, or empty. A name is looked up only when something is sent."""
        if len(url) > URL_LENGTH_MAX or not url.isascii() or not url.isprintable() or " " in url:
            return f"it has to be at most {URL_LENGTH_MAX} printable ASCII characters without spaces"
        try:
            parts = urlsplit(url)
            wrong = _wrong(parts)
        except ValueError:
            return "it is no address; write it as https://host/path"
        if wrong:
            return wrong
        number = literal(parts.hostname or "")
        if number is not None and not self.allows(number):
            return f"this house does not send there, only to: {self.text} (the setting webhook_targets)"
        return ""

    def _allows(self, address: _Address) -> bool:
        if any(address in network for network in self._networks):
            return True
        if address.is_loopback:
            return self._loopback
        return self._any and address.is_global and not (address.is_multicast or address.is_reserved)


def literal(host: str) -> str | None:
    """The address in numbers that a host is written as, or None for a name."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None


def _wrong(parts: SplitResult) -> str:
    if parts.scheme not in ("http", "https"):
        return "it has to begin with https:// or http://"
    if not parts.hostname:
        return "it names no host; write it as https://host/path"
    if parts.username is not None or parts.password is not None:
        return "it must not carry a name or password; the signature says who is calling"
    if parts.fragment:
        return "it must not have a fragment (#), which is never sent"
    return "its port is 0; leave it out for the usual one" if parts.port == 0 else ""


def _layers(address: _Address) -> list[_Address]:
    """An address and those it carries inside."""
    layers: list[_Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        if address.sixtofour is not None:
            layers.append(address.sixtofour)
        if address.teredo is not None:
            layers += address.teredo
        if address in _NAT64:
            layers.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return layers
