cimport cython
from fondaco.core.book cimport Book
from fondaco.core.far_levels cimport FarLevels
from fondaco.core.layout cimport *

@cython.final
cdef class BookWalks:
    cdef Book book

    cpdef list levels(self, long long side, long long limit)
    cdef long long level_below(self, long long side, long long key) noexcept
    cdef long long ends_of(self, long long side, long long key) noexcept
