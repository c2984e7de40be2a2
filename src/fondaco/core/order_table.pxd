cimport cython
from fondaco.core.layout cimport *

@cython.final
cdef class OrderTable:
    cdef readonly long long next_order_id
    cdef readonly long long window
    cdef readonly long long count
    cdef readonly long long users
    cdef long long free_order
    cdef long long orders_end
    cdef long long free_options
    cdef long long options_end
    cdef list arenas
    cdef long long[::1] words
    cdef int[::1] links
    cdef long long[::1] options
    cdef long long[::1] user_words
    cdef int[::1] index

    cpdef long long find(self, long long order_id)
    cdef inline long long lookup(self, long long order_id) noexcept
    cdef inline Py_ssize_t allocate(self) except -1
    cdef inline void fill(self, long long order, long long terms, long long user, long long price, long long amount, long long visible, long long fees, long long wallets, long long time_us) noexcept
    cdef inline void release(self, long long order) noexcept
    cdef Py_ssize_t allocate_options(self) except -1
    cdef Py_ssize_t grow_orders(self) except -1
    cdef Py_ssize_t widen_window(self) except -1
    cdef inline void unlink_user(self, long long order) noexcept
    cdef inline void link_user(self, long long order) noexcept
    cpdef long long newest(self, long long user)
    cpdef long long next_older(self, long long order)
