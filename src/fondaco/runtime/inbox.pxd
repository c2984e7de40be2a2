cimport cython


@cython.final
cdef class Inbox:
    cdef list records
    cdef list waiters
    cdef Py_ssize_t taken

    cpdef put(self, bytes record, object waiter)
