"""Contracts that pairs trade: ticks that are points and ticks that are not, coarse and fine steps."""

from tests.reconcile.bench.records import Instrument, lots

INSTRUMENTS: tuple[Instrument, ...] = (
    Instrument("EURUSD", 5, lots(0.00001), lots(0.01), lots(100_000), lots(1.10432)),
    Instrument("USDJPY", 3, lots(0.001), lots(0.01), lots(100_000), lots(151.25)),
    Instrument("XAUUSD", 2, lots(0.01), lots(0.01), lots(100), lots(2034.5)),
    Instrument("US500", 2, lots(0.25), lots(0.1), lots(1), lots(5120.25)),
    Instrument("BTCUSD", 2, lots(0.01), lots(0.001), lots(1), lots(41_200)),
    Instrument("NIK225", 0, lots(5), lots(1), lots(1), lots(38_400)),
    Instrument("SHIBUSD", 8, 1, lots(1), lots(100), lots(0.01234567)),
)
