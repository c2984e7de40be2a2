"""Message shapes of the rewards desk: structs only."""
