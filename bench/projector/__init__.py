"""The projector alone: what an order costs it, and how long who asks for the newest history waits."""
