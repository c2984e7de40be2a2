cimport cython
from fondaco.core.layout cimport *

@cython.final
cdef class FarLevels:
    cdef readonly long long count
    cdef readonly long long blocks
    cdef long long block_end
    cdef long long free_block
    cdef list arenas
    cdef long long[::1] words
    cdef long long[::1] sizes
    cdef long long[::1] directory

    cdef long long key_at(self, long long place, long long within) noexcept
    cpdef long long best_key(self) noexcept
    cdef long long block_of(self, long long key) noexcept
    cdef long long within(self, long long place, long long key) noexcept
    cdef long long level_below(self, long long key) noexcept
    cpdef long long find(self, long long key) noexcept
    cpdef Py_ssize_t insert(self, long long key) except -1
    cpdef void remove(self, long long key) noexcept
    cdef Py_ssize_t list_block(self, long long place) except -1
    cdef Py_ssize_t split(self, long long place) except -1
    cdef long long at(self, long long place, long long within) noexcept
