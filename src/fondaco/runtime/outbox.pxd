cimport cython


@cython.final
cdef class Outbox:
    cdef object counters
    cdef list rows_by_kind
    cdef list answers_by_kind
    cdef list listeners

    cdef answers(self, object applied, list waiters)
    cdef defect(self, str what, object seq)
