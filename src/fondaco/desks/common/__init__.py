"""What every desk shares: the one port, the connection, HTTP, signatures, metrics."""
