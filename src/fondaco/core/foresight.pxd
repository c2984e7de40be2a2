cimport cython
from fondaco.core.book cimport Book
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable

@cython.final
cdef class Foresight:
    cdef Floor floor
    cdef OrderTable table
    cdef Ledger ledger
    cdef Book book
    cdef bint is_wide

    cdef inline void look(self) noexcept
    cdef inline void ask(self, long long step, long long head, long long user, long long request, long long named) noexcept
    cdef inline void place(self, long long step, long long user, long long market, bint is_bid, long long price) noexcept
    cdef inline void makers(self, long long maker) noexcept
    cdef inline void order(self, long long number) noexcept
    cdef inline void leaving(self, long long number) noexcept
