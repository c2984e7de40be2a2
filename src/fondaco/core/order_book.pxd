cimport cython
from fondaco.core.layout cimport *
from fondaco.core.order_table cimport OrderTable

@cython.final
cdef class BookSide:
    cdef readonly long long levels
    cdef long long sign
    cdef OrderTable table
    cdef long long[::1] keys
    cdef long long[::1] places
    cdef long long[::1] level_words
    cdef long long free_level
    cdef long long level_end

    cdef long long best_order(self) noexcept
    cdef long long seek(self, long long key) noexcept
    cdef long long open_level(self, long long price)
    cdef void close_level(self, long long level) noexcept
    cdef add(self, long long order)
    cdef void remove(self, long long order) noexcept
    cdef void reduce(self, long long order, long long lots) noexcept
    cpdef bint fills(self, long long limit_ticks, long long wanted, long long money_units)
