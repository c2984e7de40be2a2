"""Growth: what a command costs as orders, users, markets and connections become more, drawn as curves."""
