cimport cython

@cython.final
cdef class NameRecords:
    cdef object arena
    cdef long long[::1] words
    cdef unsigned char[::1] octets
    cdef long long end
    cdef long long[::1] free
    cdef unsigned char[::1] draft

    cpdef Py_ssize_t keep(self, bytes name, bytes request, bytes rows) except -1
    cpdef void drop(self, long long entry) noexcept
    cdef bint is_named(self, long long entry, bytes name) noexcept
    cpdef bytes name(self, long long entry)
    cpdef bytes request(self, long long entry)
    cpdef bytes rows(self, long long entry)
    cdef void unpack(self, long long entry) noexcept
    cdef bytes drafted(self, long long start, long long end)
    cdef long long pack(self, bytes words, long long at) noexcept
    cdef inline long long size_words(self, long long entry) noexcept
    cdef Py_ssize_t allocate(self, long long words) except -1
