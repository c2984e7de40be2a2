cimport cython
from fondaco.desks.exchange.order_text cimport OrderText
from fondaco.desks.exchange.plain_request cimport PlainRequest


@cython.final
cdef class ExpressMarket:
    cdef object terms
    cdef object market_id
    cdef long long price_digits
    cdef long long amount_digits
    cdef bytes ask
    cdef bytes bid
    cdef bytes cancel
    cdef OrderText text


@cython.final
cdef class ExpressOrder:
    cdef Express express
    cdef object session
    cdef ExpressMarket market
    cdef long long request_id
    cdef long long side
    cdef long long order_id

    cpdef answered(self, tuple row, object applied)
    cpdef failed(self, str reason)
    cdef object ordinary(self)


@cython.final
cdef class Express:
    cdef object outlet
    cdef object pack
    cdef PlainRequest request
    cdef object catalogue
    cdef dict house_markets
    cdef object house_users
    cdef readonly bint may_trade
    cdef object sender
    cdef dict markets
    cdef bytearray numbers
    cdef unsigned char[::1] buffer

    cpdef sign(self, object sender, bint may_trade)
    cpdef bint take(self, object session, bytes message) except -1
    cdef void word(self, Py_ssize_t at, long long value) noexcept
    cdef ExpressMarket known(self, bytes name)
