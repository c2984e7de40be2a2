cimport cython

cdef extern from *:
    void prefetch "__builtin_prefetch" (const void *address) nogil


@cython.final
cdef class Ledger:
    cdef readonly long long count
    cdef long long end
    cdef object arena
    cdef long long[::1] words
    cdef int[::1] index

    cpdef long long find(self, long long owner, long long asset, long long purpose)
    cpdef long long open(self, long long owner, long long asset, long long purpose)
    cpdef long long units(self, long long address)
    cpdef move(self, long long debit, long long credit, long long units)
    cdef inline void foresee_place(self, long long owner, long long asset) noexcept
    cdef inline void foresee(self, long long owner, long long asset) noexcept
    cdef inline long long lookup(self, long long owner, long long asset, long long group) noexcept
    cdef inline Py_ssize_t enter(self, long long owner, long long asset, long long group) except -1
    cdef inline void transfer(self, long long debit, long long credit, long long units) noexcept
    cdef inline long long total(self, long long wallet) noexcept
    cdef inline long long home(self, long long key) noexcept
    cdef long long place_in_wallet(self, long long purpose)
    cdef void list_in_index(self, long long account) noexcept
    cdef Py_ssize_t grow(self) except -1
    cdef Py_ssize_t widen_index(self) except -1
