"""ICT concepts as steps that cannot look ahead.

One concept per file. A detector is a compiled ``step`` that receives one closed bar, its own fixed-size
state record and what the detectors it listens to wrote at the same bar; it appends what became known to
an event buffer::

    count = step(state, events, count, bar, feed, first, last, ...)

``bar`` is one ``base.context.BAR`` record. ``state`` is one record of the module's ``STATE`` dtype
(``init_state(params, bar_ns)`` makes an array of one); its bytes are a checkpoint. ``events`` is an array
of ``base.events.EVENT``; a step writes at most ``MOST_PER_BAR`` records, starting at index ``count``, and
returns the new count. For every detector it listens to (``Detector.feeds``) the step gets three
arguments: that detector's records and the bounds of those of this bar, ``feed[first:last]``.

Batch is a loop over the step, live is one call. The loop cannot grow an array, so each module's
``run`` stops in time and says where::

    next_bar, count = run(states, events, bars, first_bar, feed, ...)

``states`` is the array of one state: Python hands over arrays many times faster than single records.
It returns as soon as fewer than ``MOST_PER_BAR`` free records are left; the driver (``drive.collect``)
calls again with ``first_bar = next_bar``. Because all memory of the past is in ``state``, where the loop
was interrupted cannot matter.

Bearish is bullish on negated bars, by construction: ``step`` calls the same kernel twice, with
``(open, high, low, close)`` and with ``(-open, -low, -high, -close)``. Directions are those of the
level or zone: +1 (bull) is support, -1 (bear) is resistance.
"""
