cimport cython

cdef extern from *:
    void prefetch "__builtin_prefetch" (const void *address) nogil


@cython.final
cdef class Ledger:
    cdef readonly long long count
    cdef long long end
    cdef list arenas
    cdef long long[::1] words
    cdef long long[::1] tables
    cdef int[::1] numbers
    cdef long long numbers_end
    cdef int[::1] index

    cdef inline long long wallet(self, long long user, long long asset) noexcept
    cdef inline Py_ssize_t enter_wallet(self, long long user, long long asset) except -1
    cdef inline void foresee_place(self, long long user, long long asset) noexcept
    cdef inline void foresee(self, long long user, long long asset) noexcept
    cdef inline long long place(self, long long user, long long asset) noexcept
    cdef inline long long next_place(self, long long user, long long place) noexcept
    cdef Py_ssize_t list_wallet(self, long long user, long long asset, long long number) except -1
    cdef bint is_narrow(self, long long user, long long asset) noexcept
    cdef Py_ssize_t put(self, long long user, long long asset, long long number) noexcept
    cdef Py_ssize_t widen_table(self, long long user) except -1
    cdef long long lookup(self, long long owner, long long asset, long long purpose) noexcept
    cdef Py_ssize_t enter(self, long long owner, long long asset, long long purpose) except -1
    cdef long long home(self, long long key) noexcept
    cdef void list_in_index(self, long long account) noexcept
    cdef Py_ssize_t widen_index(self) except -1
    cdef Py_ssize_t add(self, long long key) except -1
    cdef inline void transfer(self, long long debit, long long credit, long long units) noexcept
    cdef inline long long total(self, long long wallet) noexcept
    cpdef long long find(self, long long owner, long long asset, long long purpose)
    cpdef long long open(self, long long owner, long long asset, long long purpose)
    cdef long long place_in_wallet(self, long long purpose)
    cpdef long long units(self, long long address)
    cpdef move(self, long long debit, long long credit, long long units)
