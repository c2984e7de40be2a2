cimport cython
from fondaco.core.book_checks cimport BookChecks
from fondaco.core.checks cimport Checks
from fondaco.core.crossing cimport Crossing
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows
from fondaco.core.triggers cimport Triggers

@cython.final
cdef class Amending:
    cdef Floor floor
    cdef OrderTable table
    cdef Ledger ledger
    cdef Rows rows
    cdef Checks checks
    cdef BookChecks against_book
    cdef Crossing crossing
    cdef Triggers triggers

    cdef Py_ssize_t amend(self, long long order, long long price_ticks, long long amount, long long trigger_price) except -1
    cdef Py_ssize_t amend_waiting(self, long long order, long long price_ticks, long long amount, long long trigger_price) except -1
    cdef Py_ssize_t is_refused(self, long long order, long long price_ticks, long long amount, long long trigger_price) except -1
