"""What `fondaco` does beside running a house: look into a data directory, judge it, make keys. One module a command."""
