cimport cython
from fondaco.core.book cimport Book
from fondaco.core.book_walks cimport BookWalks
from fondaco.core.client_orders cimport ClientOrders
from fondaco.core.due cimport Due
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_table cimport OrderTable
from fondaco.core.rows cimport Rows

@cython.final
cdef class Floor:
    cdef readonly Ledger ledger
    cdef readonly OrderTable table
    cdef readonly Book book
    cdef readonly Book waiting
    cdef readonly BookWalks walks
    cdef readonly BookWalks waiting_walks
    cdef readonly Rows rows
    cdef readonly ClientOrders client_orders
    cdef readonly long long market_count
    cdef object markets_arena
    cdef long long[::1] markets
    cdef readonly Due due
    cdef readonly list trailing

    cdef inline long long side_of(self, long long order) noexcept
    cdef long long waiting_side_of(self, long long order) noexcept
    cpdef bint is_waiting(self, long long order) noexcept
    cdef inline bint may_rest(self, long long terms) noexcept
    cdef inline long long display_of(self, long long order) noexcept
    cdef inline long long price_of(self, long long order) noexcept
    cdef inline long long held(self, long long order) noexcept
    cdef inline void hold(self, long long order) noexcept
    cdef inline void let_go(self, long long order) noexcept
    cdef inline Py_ssize_t enter_book(self, long long order) except -1
    cdef inline Py_ssize_t leave_book(self, long long order) except -1
    cdef Py_ssize_t enter_waiting(self, long long order, long long limit_ticks) except -1
    cdef Py_ssize_t leave_waiting(self, long long order) except -1
    cdef inline Py_ssize_t finish(self, long long order, long long finish, long long flags) except -1
    cpdef Py_ssize_t end(self, long long order, long long finish, long long flags) except -1
