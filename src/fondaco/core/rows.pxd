cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcpy
from fondaco.core.layout cimport *
from fondaco.core.order_table cimport OrderTable

@cython.final
cdef class Rows:
    cdef OrderTable table
    cdef object arena
    cdef long long[::1] words
    cdef long long end
    cdef readonly long long seq
    cdef readonly long long time_us
    cdef long long user
    cdef long long market_id

    cdef inline Py_ssize_t room(self, long long rows) except -1
    cdef inline Py_ssize_t order(self, long long order, long long kind_and_cause, long long finish, long long flags) except -1
    cdef void options(self, long long order, long long options) noexcept
    cdef Py_ssize_t reject(self, long long reason, long long bound, long long value) except -1
    cpdef void fact(self, long long index, long long user, long long is_answer) except *
    cpdef bytes last(self)
    cpdef bytes copy(self)
    cpdef void repeat(self, bytes answer) except *
