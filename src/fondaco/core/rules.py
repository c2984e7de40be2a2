"""The version of the rules: what the same commands do.

A journal is replayed only by a house that has the rules it was made under, because other rules would give another
state. Each segment of a journal and each snapshot carry the number; it changes with any change of behaviour that a
replay sees.
"""

from __future__ import annotations

RULES_VERSION = 2
