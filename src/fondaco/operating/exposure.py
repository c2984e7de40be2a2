"""Whether others can listen in: the house speaks without TLS, which is a proxy's work."""

from __future__ import annotations

import ipaddress

from fondaco.config import Options


def is_exposed(options: Options) -> bool:
    """Whether other machines reach the house with no proxy named that could bring TLS."""
    return _is_beyond_loopback(options.host) and options.trusted_proxy is None


def _is_beyond_loopback(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
