cimport cython
from fondaco.core.book cimport Book
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows

@cython.final
cdef class Checks:
    cdef Floor floor
    cdef Ledger ledger
    cdef OrderTable table
    cdef Book book
    cdef Rows rows
    cdef long long give_wallet
    cdef bint is_blocked
    cdef long long display
    cdef long long trigger_price
    cdef long long trail
    cdef long long expire

    cdef inline long long is_malformed(self, long long terms, long long trigger) noexcept
    cdef inline long long collects(self, long long terms) noexcept
    cdef Py_ssize_t wrong_phase(self, long long market, bint is_bid, bint needs_trading) except -1
    cdef inline Py_ssize_t unwelcome(self, long long user) except -1
    cdef inline Py_ssize_t too_many_open(self, long long user) except -1
    cdef inline Py_ssize_t refused(self, long long user, long long terms, long long trigger, long long price_ticks, long long amount) except -1
    cdef inline Py_ssize_t wrong_price(self, long long terms, long long price_ticks) except -1
    cdef Py_ssize_t wrong_trigger(self, long long market, long long trigger_price, long long trail) except -1
    cdef Py_ssize_t wrong_display(self, long long market, long long amount) except -1
    cdef inline Py_ssize_t wrong_amount(self, long long terms, long long price_ticks, long long amount) except -1
    cdef Py_ssize_t buys_no_lot(self, long long terms, long long amount) except -1
    cdef inline long long is_by_money(self, long long terms) noexcept
    cdef inline long long money_units_of(self, long long terms) noexcept
    cdef long long best_of_other(self, long long terms) noexcept
    cdef inline long long cost_of(self, long long terms, long long price_ticks, long long amount) noexcept
    cdef Py_ssize_t book_refused(self, long long user, long long terms, long long price_ticks, long long amount, long long available) except -1
    cdef Py_ssize_t outside_band(self, long long terms, long long price_ticks, long long best, long long edge) except -1
    cdef bint is_beyond(self, long long price, long long limit, bint is_bid) noexcept
    cdef long long band_edge(self, long long market, bint is_bid) noexcept
    cdef Py_ssize_t fills(self, long long user, long long terms, long long limit_ticks, long long wanted, long long available) except -1
    cdef long long lots_for(self, long long user, long long self_trade, long long ends) noexcept
    cdef bint rises(self, long long terms, long long trigger) noexcept
    cdef Py_ssize_t trigger_refused(self, long long terms, long long trigger) except -1
    cdef Py_ssize_t would_fire(self, long long last, long long trigger_price, bint rises) except -1
    cdef Py_ssize_t limit_when_fired(self, long long order) except -2
    cdef inline long long may_rest(self, long long terms) noexcept
    cdef Py_ssize_t amend_refused(self, long long order, long long price_ticks, long long amount, long long trigger_price) except -1
