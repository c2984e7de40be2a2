cdef class Ledger:
    cdef readonly long long count
    cdef long long capacity
    cdef long long[::1] rows

    cpdef long long find(self, long long owner, long long asset, long long purpose)
    cpdef long long open(self, long long owner, long long asset, long long purpose)
    cpdef reserve(self, long long accounts)
    cpdef long long units(self, long long slot)
    cpdef move(self, long long debit, long long credit, long long units)
    cdef long long home(self, long long owner, long long asset, long long purpose) noexcept
    cdef long long lookup(self, long long owner, long long asset, long long purpose) noexcept
    cdef void transfer(self, long long debit, long long credit, long long units) noexcept
