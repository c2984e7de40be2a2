cimport cython
from fondaco.core.book cimport Book
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows

@cython.final
cdef class PlainWay:
    cdef Floor floor
    cdef Ledger ledger
    cdef OrderTable table
    cdef Book book
    cdef Rows rows

    cdef inline Py_ssize_t put(self, long long request, long long user, long long price_ticks, long long amount) except -1
    cdef inline bint is_special(self, long long market, long long at) noexcept
    cdef inline long long cost(self, long long market, bint is_bid, long long price_ticks, long long amount) noexcept
    cdef inline Py_ssize_t write(self, long long order, long long terms, long long user, long long price_ticks, long long amount, long long wallets) except -1
