"""The peers: how each is installed (``environments.py``) and driven (``drive_*.py``, run in the peer's environment).

They match orders and nothing else: no ledger, no holds, no fees, no journal (``matching-engine`` has one, in its
gateway, which ``end_to_end`` measures). So a ratio to them is a lower bound of what the same work would cost there.
"""
