cimport cython
from fondaco.core.name_records cimport NameRecords

@cython.final
cdef class ClientOrders:
    cdef public long long ended_per_user_max
    cdef NameRecords records
    cdef readonly long long count
    cdef long long buckets
    cdef long long doubled
    cdef list arenas
    cdef int[::1] by_name
    cdef int[::1] by_order
    cdef long long first_ended
    cdef long long last_ended
    cdef int[::1] enders

    cpdef Py_ssize_t find(self, long long user_id, bytes client_order_id) except -1
    cpdef long long of_order(self, long long order_id)
    cpdef long long order_id(self, long long entry)
    cpdef bytes name(self, long long entry)
    cpdef bytes request(self, long long entry)
    cpdef bytes answer(self, long long entry)
    cpdef Py_ssize_t accept(self, long long user_id, bytes client_order_id, long long order_id, bytes request, bytes answer) except -1
    cpdef Py_ssize_t finish(self, long long order_id, long long time_us) except -1
    cpdef long long forget_due(self, long long time_us)
    cdef Py_ssize_t end(self, long long entry, long long forget_at_us) except -1
    cdef void forget(self, long long entry) noexcept
    cdef Py_ssize_t hashed(self, long long user_id, bytes name) except -1
    cdef inline long long bucket_of(self, long long hashed) noexcept
    cdef inline Py_ssize_t enter_by_name(self, long long entry) noexcept
    cdef inline Py_ssize_t enter_by_order(self, long long entry) noexcept
    cdef void leave(self, long long entry) noexcept
    cdef Py_ssize_t add_bucket(self) except -1
    cdef Py_ssize_t grow_tables(self) except -1
