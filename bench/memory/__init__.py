"""How many bytes the house keeps: of a resting order, of a name, of a user with balances."""
