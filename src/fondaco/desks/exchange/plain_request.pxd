cimport cython


@cython.final
cdef class PlainRequest:
    cdef readonly int method
    cdef readonly bytes market
    cdef readonly long long side
    cdef readonly long long order_id
    cdef readonly long long request_id
    cdef long long[::1] params
    cdef Py_ssize_t count
    cdef Py_ssize_t start
    cdef Py_ssize_t end
    cdef long long value

    cpdef bint read(self, bytes message)
    cpdef long long amount(self, bytes message, long long digits)
    cpdef long long price(self, bytes message, long long digits)
    cdef bint understood(self, bytes message, int method, Py_ssize_t count)
    cdef long long decimal(self, bytes message, Py_ssize_t start, Py_ssize_t end, long long digits) noexcept
    cdef Py_ssize_t array(self, bytes message, Py_ssize_t at, Py_ssize_t size) noexcept
    cdef Py_ssize_t text(self, bytes message, Py_ssize_t at, Py_ssize_t size) noexcept
    cdef Py_ssize_t integer(self, bytes message, Py_ssize_t at, Py_ssize_t size) noexcept
    cdef Py_ssize_t blanks(self, bytes message, Py_ssize_t at, Py_ssize_t size) noexcept
    cdef bint equals(self, bytes message, Py_ssize_t start, Py_ssize_t end, bytes wanted) noexcept
