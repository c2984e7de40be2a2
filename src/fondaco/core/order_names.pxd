cimport cython
from fondaco.core.client_orders cimport ClientOrders
from fondaco.core.layout cimport *
from fondaco.core.rows cimport Rows

@cython.final
cdef class OrderNames:
    cdef Rows rows
    cdef ClientOrders client_orders
    cdef bytes records
    cdef bytes name
    cdef long long due_us

    cdef inline Py_ssize_t begin(self, bytes records, long long time_us) except -1
    cdef inline Py_ssize_t end(self) except -1
    cdef inline Py_ssize_t read(self, long long at) except -1
    cdef inline Py_ssize_t read_place(self, long long at, long long flags) except -1
    cdef inline bytes part(self, long long start, long long end)
    cdef bytes request(self, long long at, long long flags)
    cdef Py_ssize_t answered(self, long long at, long long flags) except -1
    cdef Py_ssize_t remember(self, long long at, long long flags, bint is_open) except -1
    cdef Py_ssize_t order_id(self, long long at) except? -1
