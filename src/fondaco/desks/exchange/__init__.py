"""The exchange desk: spot markets over the exchange protocol, on a socket and over HTTP."""
