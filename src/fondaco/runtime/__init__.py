"""The single writer: stamps, journals, applies and publishes commands, one batch per turn of the event loop."""
