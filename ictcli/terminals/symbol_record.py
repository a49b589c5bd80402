"""The record of a symbol, the longest of the MetaTrader5 module (MT5.md 3)."""

from ictcli.terminals.struct_sequence import Int32, Int64, StructSequence, UInt32, UInt64


class SymbolInfo(StructSequence):
    """A symbol and its state."""

    __slots__ = ()
    __module__ = "builtins"

    custom: bool
    chart_mode: UInt32
    select: bool
    visible: bool
    session_deals: UInt64
    session_buy_orders: UInt64
    session_sell_orders: UInt64
    volume: UInt64
    volumehigh: UInt64
    volumelow: UInt64
    time: Int64
    digits: UInt32
    spread: Int32
    spread_float: bool
    ticks_bookdepth: UInt32
    trade_calc_mode: UInt32
    trade_mode: UInt32
    start_time: Int64
    expiration_time: Int64
    trade_stops_level: Int32
    trade_freeze_level: Int32
    trade_exemode: UInt32
    swap_mode: UInt32
    swap_rollover3days: UInt32
    margin_hedged_use_leg: bool
    expiration_mode: Int32
    filling_mode: Int32
    order_mode: Int32
    order_gtc_mode: UInt32
    option_mode: UInt32
    option_right: UInt32
    bid: float
    bidhigh: float
    bidlow: float
    ask: float
    askhigh: float
    asklow: float
    last: float
    lasthigh: float
    lastlow: float
    volume_real: float
    volumehigh_real: float
    volumelow_real: float
    option_strike: float
    point: float
    trade_tick_value: float
    trade_tick_value_profit: float
    trade_tick_value_loss: float
    trade_tick_size: float
    trade_contract_size: float
    trade_accrued_interest: float
    trade_face_value: float
    trade_liquidity_rate: float
    volume_min: float
    volume_max: float
    volume_step: float
    volume_limit: float
    swap_long: float
    swap_short: float
    margin_initial: float
    margin_maintenance: float
    session_volume: float
    session_turnover: float
    session_interest: float
    session_buy_orders_volume: float
    session_sell_orders_volume: float
    session_open: float
    session_close: float
    session_aw: float
    session_price_settlement: float
    session_price_limit_min: float
    session_price_limit_max: float
    margin_hedged: float
    price_change: float
    price_volatility: float
    price_theoretical: float
    price_greeks_delta: float
    price_greeks_theta: float
    price_greeks_gamma: float
    price_greeks_vega: float
    price_greeks_rho: float
    price_greeks_omega: float
    price_sensitivity: float
    basis: str
    category: str
    currency_base: str
    currency_profit: str
    currency_margin: str
    bank: str
    description: str
    exchange: str
    formula: str
    isin: str
    name: str
    page: str
    path: str
