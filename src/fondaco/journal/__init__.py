"""The journal: every command the house ever took, on disk before anyone is answered, and what is kept beside it.

base.py says what a journal is, codec.py how its bytes look, file.py is the one that writes, reader.py the ones that
follow it, survey.py the judgement of what is found at opening.
"""
