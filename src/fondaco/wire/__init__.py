"""The shapes of messages as they travel, one module for each protocol. Nothing here knows the house."""
