cimport cython

@cython.final
cdef class Due:
    cdef dict _time_us
    cdef list _heap
    cdef readonly long long not_before_us
