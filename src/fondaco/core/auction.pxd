cimport cython
from fondaco.core.book cimport Book
from fondaco.core.crossing cimport Crossing
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable

@cython.final
cdef class Auction:
    cdef Floor floor
    cdef Crossing crossing
    cdef OrderTable table
    cdef Book book
    cdef Ledger ledger

    cdef tuple clearing(self, market_id)
    cdef list crossing_levels(self, side, limit)
    cdef object whole(self, long long ends)
    cdef Py_ssize_t pair(self, long long market_id, long long price, long long most) except -1
    cdef Py_ssize_t pay(self, long long order, long long received, long long asset, long long income, long long payer) except? -1
    cdef void settle(self, long long order, long long side, long long lots, long long paid_money, long long fee) noexcept
    cdef Py_ssize_t say_order(self, long long order) except -1
