"""One module per scenario: NAME, TITLE, LEGS, COLUMNS, `records(setup)` and `measure(setup, leg, records)`."""

from . import (append, backlog, decoding, end_to_end, footprint, framing, fresh_first, kafka, neighbours, onlookers,
               serial, status, taking_in, wire)

ALL = {module.NAME: module
       for module in (end_to_end, taking_in, backlog, fresh_first, neighbours, wire, kafka, append, framing, decoding,
                      serial, footprint, onlookers, status)}
