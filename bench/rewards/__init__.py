"""The rewards part of the bench: settlements over HTTP, beside what a team would write in a day."""
