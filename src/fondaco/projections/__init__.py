"""Read models: what a second process derives from the journal and keeps in SQL, and the reading of it."""
