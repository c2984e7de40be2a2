cimport cython
from fondaco.core.checks cimport Checks
from fondaco.core.crossing cimport Crossing
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_names cimport OrderNames
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows
from fondaco.core.triggers cimport Triggers

@cython.final
cdef class Placing:
    cdef Floor floor
    cdef OrderTable table
    cdef Ledger ledger
    cdef Rows rows
    cdef OrderNames names
    cdef Checks checks
    cdef Crossing crossing
    cdef Triggers triggers
    cdef readonly dict user_fees
    cdef readonly dict sessions

    cdef Py_ssize_t put(self, long long *batch, long long at, long long flags) except -1
    cdef inline long long read_options(self, long long *batch, long long at, long long flags) noexcept
    cdef inline long long limit_of(self, long long terms, long long market, long long price_ticks, bint is_bid) noexcept
    cdef Py_ssize_t keep_options(self, long long order, long long kind) except -1
    cdef Py_ssize_t own_fees(self, long long order, long long user, long long market_id) except -1
    cdef Py_ssize_t tag(self, long long order, long long session, long long user) except -1
