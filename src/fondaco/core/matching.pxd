cimport cython
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_book cimport BookSide
from fondaco.core.order_table cimport OrderTable

@cython.final
cdef class Matching:
    cdef readonly Ledger ledger
    cdef readonly OrderTable table
    cdef readonly object client_orders
    cdef readonly list asks
    cdef readonly list bids
    cdef readonly long long market_count
    cdef readonly long long seq
    cdef readonly long long time_us
    cdef long long[::1] markets
    cdef long long[::1] batch
    cdef long long[::1] rows
    cdef long long rows_end
    cdef long long user
    cdef long long market_id
    cdef long long give_wallet
    cdef long long fee_carry

    cpdef long long run(self, long long at, long long end)
    cdef void place(self, long long at) except *
    cdef void cancel(self, long long at) except *
    cdef bint answered_by_name(self, long long at, long long terms) except *
    cdef bint unreadable(self, long long at, long long terms) except *
    cdef bint refused(self, long long terms, long long price_ticks, long long amount) except *
    cdef void cross(self, long long taker, long long limit_ticks, bint by_money) except *
    cdef void finish(self, long long order, long long finish, long long flags) except *
    cdef long long fee(self, long long received, long long rate_ppm, long long carry) noexcept
    cdef long long total(self, long long wallet) noexcept
    cdef void reject(self, long long reason, long long bound, long long value) except *
    cdef void order_row(self, long long order, long long kind_and_cause, long long finish, long long flags) except *
    cdef void room(self, long long rows) except *
