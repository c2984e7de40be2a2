"""The journal alone: how fast records become durable, and how fast they are read back and replayed."""
