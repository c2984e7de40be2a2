cimport cython
from fondaco.core.far_levels cimport FarLevels
from fondaco.core.layout cimport *
from fondaco.core.order_table cimport OrderTable

cdef extern from *:
    int __builtin_clzll(unsigned long long word) nogil

cdef inline long long highest_bit(unsigned long long word) noexcept nogil:
    return 63 - __builtin_clzll(word)

@cython.final
cdef class Book:
    cdef OrderTable table
    cdef long long window
    cdef long long slots_end
    cdef long long bits_end
    cdef list arenas
    cdef list far
    cdef long long[::1] sides
    cdef long long[::1] slots
    cdef unsigned long long[::1] bits

    cdef inline long long best_order(self, long long side) noexcept
    cpdef long long best_price(self, long long side) noexcept
    cdef inline bint reaches(self, long long side, long long key) noexcept
    cdef inline void foresee(self, long long side, long long price) noexcept
    cdef inline Py_ssize_t add(self, long long side, long long order) except -1
    cdef inline Py_ssize_t remove(self, long long side, long long order) except -1
    cdef inline void reduce(self, long long side, long long order, long long lots) noexcept
    cdef void show(self, long long side, long long order, long long lots) noexcept
    cdef inline long long linked(self, long long ends, long long order) noexcept
    cdef inline long long unlinked(self, long long ends, long long order) noexcept
    cdef inline void set_bit(self, long long at, long long key) noexcept
    cdef inline void clear_bit(self, long long at, long long key) noexcept
    cdef inline long long occupied_below(self, long long at, long long key) noexcept
    cdef Py_ssize_t next_best(self, long long side) except -1
    cdef Py_ssize_t move_window(self, long long side, long long base) except -1
    cdef long long count_below(self, long long at, long long key) noexcept
    cdef Py_ssize_t give_window(self, long long side, long long window) except -1
    cdef Py_ssize_t widen_window(self, long long side) except -1
    cdef Py_ssize_t add_far(self, long long side, long long key, long long order) except -1
    cdef Py_ssize_t remove_far(self, long long side, long long key, long long order) except -1
    cpdef long long behind(self, long long order)
    cdef void hide(self, long long side, long long change) noexcept
