cimport cython
from fondaco.core.layout cimport *
@cython.final
cdef class OrderTable:
    cdef readonly long long next_order_id
    cdef readonly long long window
    cdef readonly long long count
    cdef readonly long long users
    cdef long long words_end
    cdef long long free_head
    cdef long long[::1] words
    cdef int[::1] index
    cdef long long[::1] user_head
    cdef long long[::1] user_open
    cdef long long[::1] user_state

    cpdef long long find(self, long long order_id)
    cdef long long lookup(self, long long order_id) noexcept
    cdef long long allocate(self)
    cdef void release(self, long long order) noexcept
    cdef void unlink_user(self, long long order) noexcept
    cdef void link_user(self, long long order) noexcept
    cdef grow_words(self)
    cdef widen_window(self)
