cimport cython


@cython.final
cdef class OrderText:
    cdef bytes market
    cdef long long price_digits
    cdef long long amount_digits
    cdef long long deal_digits
    cdef long long stock_digits
    cdef long long money_digits
    cdef long long money_units_per_deal
    cdef object fees
    cdef object fee_word
    cdef bytes fee_text
    cdef bytearray octets
    cdef unsigned char[::1] buffer

    cpdef bytes answer(self, tuple row, long long request_id)
    cdef set_fees(self, tuple row)
    cdef Py_ssize_t text(self, Py_ssize_t at, bytes text) noexcept
    cdef Py_ssize_t number(self, Py_ssize_t at, long long number) noexcept
    cdef Py_ssize_t units(self, Py_ssize_t at, long long units, long long digits) noexcept
    cdef Py_ssize_t seconds(self, Py_ssize_t at, long long time_us) noexcept
