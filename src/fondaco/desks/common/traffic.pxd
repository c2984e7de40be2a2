cimport cython


cpdef bytes frame(bytes payload, bint text=*)
cpdef bytes framed(int first_byte, bytes payload)


@cython.final
cdef class Flusher:
    cdef object loop
    cdef list waiting
    cdef bint scheduled

    cpdef add(self, Traffic traffic)
    cpdef flush(self)


@cython.final
cdef class Traffic:
    cdef readonly object owner
    cdef Flusher flusher
    cdef object transport
    cdef list frames
    cdef readonly Py_ssize_t frames_bytes
    cdef long long in_flight
    cdef public bint reading
    cdef public bint closed
    cdef Py_ssize_t outbound_bytes_max
    cdef long long in_flight_max

    cpdef attach(self, object transport)
    cpdef detach(self)
    cpdef send(self, bytes payload, bint text=*)
    cpdef send_frame(self, bytes prepared)
    cpdef flush(self)
    cpdef write(self)
    cdef drop(self)
    cpdef started(self)
    cpdef finished(self)
