cimport cython

@cython.final
cdef class Applied:
    cdef readonly long long first_seq
    cdef readonly long long count
    cdef readonly long long time_us
    cdef readonly bytes rows
    cdef readonly tuple facts
