cimport cython
from fondaco.core.book cimport Book
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows

@cython.final
cdef class BookChecks:
    cdef Floor floor
    cdef OrderTable table
    cdef Book book
    cdef Rows rows
    cdef bint is_blocked

    cdef Py_ssize_t refused(self, long long user, long long terms, long long price_ticks, long long amount, long long available) except -1
    cdef Py_ssize_t move_refused(self, long long terms, long long price_ticks) except -1
    cdef Py_ssize_t would_take(self, long long terms, long long best, long long price_ticks) except -1
    cdef Py_ssize_t outside_band(self, long long terms, long long price_ticks, long long best, long long edge) except -1
    cdef bint is_beyond(self, long long price, long long limit, bint is_bid) noexcept
    cdef long long band_edge(self, long long market, bint is_bid) noexcept
    cdef Py_ssize_t fills(self, long long user, long long terms, long long limit_ticks, long long wanted, long long available) except -1
    cdef long long lots_for(self, long long user, long long self_trade, long long ends) noexcept
    cdef inline long long is_by_money(self, long long terms) noexcept
    cdef inline long long money_units_of(self, long long terms) noexcept
    cdef long long best_of_other(self, long long terms) noexcept
