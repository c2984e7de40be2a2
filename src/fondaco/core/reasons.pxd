# The reasons are declared where they are set, in reasons.py.
cimport cython
