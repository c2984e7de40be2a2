cimport cython
from fondaco.core.book_checks cimport BookChecks
from fondaco.core.crossing cimport Crossing
from fondaco.core.floor cimport Floor
from fondaco.core.layout cimport *
from fondaco.core.order_table cimport OrderTable

@cython.final
cdef class Triggers:
    cdef Floor floor
    cdef Crossing crossing
    cdef BookChecks against_book

    cdef Py_ssize_t fire(self, long long market_id) except -1
    cdef Py_ssize_t look(self, long long market_id, list queue) except -1
    cdef Py_ssize_t reach(self, long long side, long long price, list reached) except -1
    @cython.locals(table=OrderTable)
    cdef Py_ssize_t follow(self, long long market_id, long long price) except -1
    cdef Py_ssize_t rekey(self, long long order, long long trigger_ticks) except -1
    @cython.locals(table=OrderTable)
    cdef Py_ssize_t carry_out(self, long long order) except -1
    cdef Py_ssize_t limit_of(self, long long order) except -2
