"""The worst single command: what a price that walks or jumps away from its book does to one call."""
