cimport cython
from fondaco.core.book_checks cimport BookChecks
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows

@cython.final
cdef class Checks:
    cdef Floor floor
    cdef BookChecks against_book
    cdef Ledger ledger
    cdef OrderTable table
    cdef Rows rows
    cdef long long give_wallet
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
    cdef inline long long cost_of(self, long long terms, long long price_ticks, long long amount) noexcept
    cdef bint rises(self, long long terms, long long trigger) noexcept
    cdef Py_ssize_t trigger_refused(self, long long terms, long long trigger) except -1
    cdef Py_ssize_t would_fire(self, long long last, long long trigger_price, bint rises) except -1
