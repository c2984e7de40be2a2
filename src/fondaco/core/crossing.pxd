cimport cython
from fondaco.core.book cimport Book
from fondaco.core.floor cimport Floor
from fondaco.core.foresight cimport Foresight
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows

@cython.final
cdef class Crossing:
    cdef Floor floor
    cdef Foresight foresight
    cdef Ledger ledger
    cdef OrderTable table
    cdef Book book
    cdef Rows rows
    cdef public list prices
    cdef readonly dict rebate_floors

    cdef Py_ssize_t cross(self, long long taker, long long limit_ticks) except -1
    cdef inline Py_ssize_t rest_or_end(self, long long taker, long long stopped, bint is_new, long long flags) except -1
    cdef inline long long unit_of(self, long long terms) noexcept
    cdef inline Py_ssize_t after_fill(self, long long maker, long long side) except -1
    cdef inline Py_ssize_t trade(self, long long taker, long long maker, long long price, long long lots, bint is_bid) except -1
    cdef inline Py_ssize_t say_fill(self, long long taker, long long maker, long long price, long long lots, long long paid_money, long long taker_fee, long long maker_fee) except -1
    cdef Py_ssize_t traded_at(self, long long price) except -1
    cdef inline long long fee(self, long long order, long long rate_ppm, long long received) noexcept
    cdef Py_ssize_t rebate(self, long long asset, long long wallet, long long due) except -1
    cdef Py_ssize_t met_own(self, long long taker, long long maker, long long mode, long long lots, long long unit_cost) except -1
    cdef Py_ssize_t shrink(self, long long order, long long lots) except -1
