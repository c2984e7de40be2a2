cimport cython

@cython.final
cdef class Ledger:
    cdef readonly long long count
    cdef long long end
    cdef long long[::1] words
    cdef int[::1] index

    cpdef long long find(self, long long owner, long long asset, long long purpose)
    cpdef long long open(self, long long owner, long long asset, long long purpose)
    cpdef long long units(self, long long address)
    cpdef move(self, long long debit, long long credit, long long units)
    cdef long long lookup(self, long long owner, long long asset, long long group) noexcept
    cdef long long enter(self, long long owner, long long asset, long long group)
    cdef void transfer(self, long long debit, long long credit, long long units) noexcept
    cdef long long home(self, long long key) noexcept
    cdef void list_in_index(self, long long account) noexcept
    cdef grow(self)
