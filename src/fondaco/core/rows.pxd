cimport cython
from cpython.ref cimport PyObject, Py_XDECREF
from libc.string cimport memcpy
from fondaco.core.layout cimport *
from fondaco.core.order_table cimport OrderTable

cdef extern from "Python.h":
    PyObject *PyBytes_FromStringAndSize(const char *text, Py_ssize_t size) except NULL
    char *PyBytes_AS_STRING(PyObject *text)
    int _PyBytes_Resize(PyObject **text, Py_ssize_t size) except -1

@cython.final
cdef class Rows:
    cdef OrderTable table
    cdef PyObject *buffer
    cdef long long *words
    cdef long long capacity
    cdef long long likely
    cdef long long end
    cdef readonly long long seq
    cdef readonly long long time_us
    cdef long long user
    cdef long long market_id

    cdef inline void begin(self, long long batch_words) noexcept
    cdef Py_ssize_t widen(self, long long capacity) except -1
    cpdef bytes take(self)
    cdef inline Py_ssize_t room(self, long long rows) except -1
    cdef inline Py_ssize_t order(self, long long order, long long kind_and_cause, long long finish, long long flags) except -1
    cdef void options(self, long long order, long long options) noexcept
    cdef Py_ssize_t reject(self, long long reason, long long bound, long long value) except -1
    cpdef void fact(self, long long index, long long user, long long is_answer) except *
    cpdef bytes last(self)
    cpdef void repeat(self, bytes answer) except *
