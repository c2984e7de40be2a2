cimport cython
from fondaco.core.amending cimport Amending
from fondaco.core.applied cimport Applied
from fondaco.core.auction cimport Auction
from fondaco.core.book_checks cimport BookChecks
from fondaco.core.checks cimport Checks
from fondaco.core.crossing cimport Crossing
from fondaco.core.floor cimport Floor
from fondaco.core.foresight cimport Foresight
from fondaco.core.layout cimport *
from fondaco.core.ledger cimport Ledger
from fondaco.core.order_names cimport OrderNames
from fondaco.core.order_table cimport OrderTable
from fondaco.core.placing cimport Placing
from fondaco.core.plain_way cimport PlainWay
from fondaco.core.rows cimport Rows
from fondaco.core.triggers cimport Triggers

@cython.final
cdef class Matching:
    cdef readonly Floor floor
    cdef readonly OrderTable table
    cdef readonly Ledger ledger
    cdef readonly Rows rows
    cdef OrderNames names
    cdef Foresight foresight
    cdef readonly Crossing crossing
    cdef PlainWay plain_way
    cdef Checks checks
    cdef Triggers triggers
    cdef readonly Placing placing
    cdef Amending amending
    cdef readonly Auction auction
    cdef long long *batch
    cdef readonly long long at
    cdef readonly long long end
    cdef long long first_seq
    cdef object rest
    cdef dict referred
    cdef object gather_fees

    cdef Py_ssize_t begin(self, object batch, long long time_us) except -1
    cpdef Applied applied(self, tuple facts)
    cpdef Py_ssize_t run(self, long long at, long long end) except -1
    cdef inline long long look_ahead(self, long long step, long long at) noexcept
    cdef Py_ssize_t unknown(self, long long kind, long long size, long long at) except -1
    cdef inline Py_ssize_t put_plain(self, long long at) except -1
    cdef Py_ssize_t named_order(self, long long at, long long words) except? -1
    cdef inline Py_ssize_t found(self, long long order_id, long long market_id) except -1
    cdef Py_ssize_t cancel(self, long long at) except -1
    cdef Py_ssize_t amend(self, long long at) except -1
