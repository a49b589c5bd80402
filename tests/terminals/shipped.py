"""What ships in MetaTrader5 5.0.6231 for CPython 3.11: constants, records, arrays, texts, functions.

A list of facts read off the published package, to compare ours with.
"""

CONSTANTS = """
TIMEFRAME_M1=1 TIMEFRAME_M2=2 TIMEFRAME_M3=3 TIMEFRAME_M4=4 TIMEFRAME_M5=5 TIMEFRAME_M6=6
TIMEFRAME_M10=10 TIMEFRAME_M12=12 TIMEFRAME_M15=15 TIMEFRAME_M20=20 TIMEFRAME_M30=30 TIMEFRAME_H1=16385
TIMEFRAME_H2=16386 TIMEFRAME_H4=16388 TIMEFRAME_H3=16387 TIMEFRAME_H6=16390 TIMEFRAME_H8=16392
TIMEFRAME_H12=16396 TIMEFRAME_D1=16408 TIMEFRAME_W1=32769 TIMEFRAME_MN1=49153 COPY_TICKS_ALL=-1
COPY_TICKS_INFO=1 COPY_TICKS_TRADE=2 TICK_FLAG_BID=2 TICK_FLAG_ASK=4 TICK_FLAG_LAST=8 TICK_FLAG_VOLUME=16
TICK_FLAG_BUY=32 TICK_FLAG_SELL=64 POSITION_TYPE_BUY=0 POSITION_TYPE_SELL=1 POSITION_REASON_CLIENT=0
POSITION_REASON_MOBILE=1 POSITION_REASON_WEB=2 POSITION_REASON_EXPERT=3 ORDER_TYPE_BUY=0
ORDER_TYPE_SELL=1 ORDER_TYPE_BUY_LIMIT=2 ORDER_TYPE_SELL_LIMIT=3 ORDER_TYPE_BUY_STOP=4
ORDER_TYPE_SELL_STOP=5 ORDER_TYPE_BUY_STOP_LIMIT=6 ORDER_TYPE_SELL_STOP_LIMIT=7 ORDER_TYPE_CLOSE_BY=8
ORDER_STATE_STARTED=0 ORDER_STATE_PLACED=1 ORDER_STATE_CANCELED=2 ORDER_STATE_PARTIAL=3
ORDER_STATE_FILLED=4 ORDER_STATE_REJECTED=5 ORDER_STATE_EXPIRED=6 ORDER_STATE_REQUEST_ADD=7
ORDER_STATE_REQUEST_MODIFY=8 ORDER_STATE_REQUEST_CANCEL=9 ORDER_FILLING_FOK=0 ORDER_FILLING_IOC=1
ORDER_FILLING_RETURN=2 ORDER_FILLING_BOC=3 ORDER_TIME_GTC=0 ORDER_TIME_DAY=1 ORDER_TIME_SPECIFIED=2
ORDER_TIME_SPECIFIED_DAY=3 ORDER_REASON_CLIENT=0 ORDER_REASON_MOBILE=1 ORDER_REASON_WEB=2
ORDER_REASON_EXPERT=3 ORDER_REASON_SL=4 ORDER_REASON_TP=5 ORDER_REASON_SO=6 DEAL_TYPE_BUY=0
DEAL_TYPE_SELL=1 DEAL_TYPE_BALANCE=2 DEAL_TYPE_CREDIT=3 DEAL_TYPE_CHARGE=4 DEAL_TYPE_CORRECTION=5
DEAL_TYPE_BONUS=6 DEAL_TYPE_COMMISSION=7 DEAL_TYPE_COMMISSION_DAILY=8 DEAL_TYPE_COMMISSION_MONTHLY=9
DEAL_TYPE_COMMISSION_AGENT_DAILY=10 DEAL_TYPE_COMMISSION_AGENT_MONTHLY=11 DEAL_TYPE_INTEREST=12
DEAL_TYPE_BUY_CANCELED=13 DEAL_TYPE_SELL_CANCELED=14 DEAL_DIVIDEND=15 DEAL_DIVIDEND_FRANKED=16
DEAL_TAX=17 DEAL_ENTRY_IN=0 DEAL_ENTRY_OUT=1 DEAL_ENTRY_INOUT=2 DEAL_ENTRY_OUT_BY=3 DEAL_REASON_CLIENT=0
DEAL_REASON_MOBILE=1 DEAL_REASON_WEB=2 DEAL_REASON_EXPERT=3 DEAL_REASON_SL=4 DEAL_REASON_TP=5
DEAL_REASON_SO=6 DEAL_REASON_ROLLOVER=7 DEAL_REASON_VMARGIN=8 DEAL_REASON_SPLIT=9 TRADE_ACTION_DEAL=1
TRADE_ACTION_PENDING=5 TRADE_ACTION_SLTP=6 TRADE_ACTION_MODIFY=7 TRADE_ACTION_REMOVE=8
TRADE_ACTION_CLOSE_BY=10 SYMBOL_CHART_MODE_BID=0 SYMBOL_CHART_MODE_LAST=1 SYMBOL_CALC_MODE_FOREX=0
SYMBOL_CALC_MODE_FUTURES=1 SYMBOL_CALC_MODE_CFD=2 SYMBOL_CALC_MODE_CFDINDEX=3
SYMBOL_CALC_MODE_CFDLEVERAGE=4 SYMBOL_CALC_MODE_FOREX_NO_LEVERAGE=5 SYMBOL_CALC_MODE_EXCH_STOCKS=32
SYMBOL_CALC_MODE_EXCH_FUTURES=33 SYMBOL_CALC_MODE_EXCH_OPTIONS=34 SYMBOL_CALC_MODE_EXCH_OPTIONS_MARGIN=36
SYMBOL_CALC_MODE_EXCH_BONDS=37 SYMBOL_CALC_MODE_EXCH_STOCKS_MOEX=38 SYMBOL_CALC_MODE_EXCH_BONDS_MOEX=39
SYMBOL_CALC_MODE_SERV_COLLATERAL=64 SYMBOL_TRADE_MODE_DISABLED=0 SYMBOL_TRADE_MODE_LONGONLY=1
SYMBOL_TRADE_MODE_SHORTONLY=2 SYMBOL_TRADE_MODE_CLOSEONLY=3 SYMBOL_TRADE_MODE_FULL=4
SYMBOL_TRADE_EXECUTION_REQUEST=0 SYMBOL_TRADE_EXECUTION_INSTANT=1 SYMBOL_TRADE_EXECUTION_MARKET=2
SYMBOL_TRADE_EXECUTION_EXCHANGE=3 SYMBOL_SWAP_MODE_DISABLED=0 SYMBOL_SWAP_MODE_POINTS=1
SYMBOL_SWAP_MODE_CURRENCY_SYMBOL=2 SYMBOL_SWAP_MODE_CURRENCY_MARGIN=3 SYMBOL_SWAP_MODE_CURRENCY_DEPOSIT=4
SYMBOL_SWAP_MODE_INTEREST_CURRENT=5 SYMBOL_SWAP_MODE_INTEREST_OPEN=6 SYMBOL_SWAP_MODE_REOPEN_CURRENT=7
SYMBOL_SWAP_MODE_REOPEN_BID=8 DAY_OF_WEEK_SUNDAY=0 DAY_OF_WEEK_MONDAY=1 DAY_OF_WEEK_TUESDAY=2
DAY_OF_WEEK_WEDNESDAY=3 DAY_OF_WEEK_THURSDAY=4 DAY_OF_WEEK_FRIDAY=5 DAY_OF_WEEK_SATURDAY=6
SYMBOL_ORDERS_GTC=0 SYMBOL_ORDERS_DAILY=1 SYMBOL_ORDERS_DAILY_NO_STOPS=2 SYMBOL_OPTION_RIGHT_CALL=0
SYMBOL_OPTION_RIGHT_PUT=1 SYMBOL_OPTION_MODE_EUROPEAN=0 SYMBOL_OPTION_MODE_AMERICAN=1
ACCOUNT_TRADE_MODE_DEMO=0 ACCOUNT_TRADE_MODE_CONTEST=1 ACCOUNT_TRADE_MODE_REAL=2
ACCOUNT_STOPOUT_MODE_PERCENT=0 ACCOUNT_STOPOUT_MODE_MONEY=1 ACCOUNT_MARGIN_MODE_RETAIL_NETTING=0
ACCOUNT_MARGIN_MODE_EXCHANGE=1 ACCOUNT_MARGIN_MODE_RETAIL_HEDGING=2 BOOK_TYPE_SELL=1 BOOK_TYPE_BUY=2
BOOK_TYPE_SELL_MARKET=3 BOOK_TYPE_BUY_MARKET=4 TRADE_RETCODE_REQUOTE=10004 TRADE_RETCODE_REJECT=10006
TRADE_RETCODE_CANCEL=10007 TRADE_RETCODE_PLACED=10008 TRADE_RETCODE_DONE=10009
TRADE_RETCODE_DONE_PARTIAL=10010 TRADE_RETCODE_ERROR=10011 TRADE_RETCODE_TIMEOUT=10012
TRADE_RETCODE_INVALID=10013 TRADE_RETCODE_INVALID_VOLUME=10014 TRADE_RETCODE_INVALID_PRICE=10015
TRADE_RETCODE_INVALID_STOPS=10016 TRADE_RETCODE_TRADE_DISABLED=10017 TRADE_RETCODE_MARKET_CLOSED=10018
TRADE_RETCODE_NO_MONEY=10019 TRADE_RETCODE_PRICE_CHANGED=10020 TRADE_RETCODE_PRICE_OFF=10021
TRADE_RETCODE_INVALID_EXPIRATION=10022 TRADE_RETCODE_ORDER_CHANGED=10023
TRADE_RETCODE_TOO_MANY_REQUESTS=10024 TRADE_RETCODE_NO_CHANGES=10025
TRADE_RETCODE_SERVER_DISABLES_AT=10026 TRADE_RETCODE_CLIENT_DISABLES_AT=10027 TRADE_RETCODE_LOCKED=10028
TRADE_RETCODE_FROZEN=10029 TRADE_RETCODE_INVALID_FILL=10030 TRADE_RETCODE_CONNECTION=10031
TRADE_RETCODE_ONLY_REAL=10032 TRADE_RETCODE_LIMIT_ORDERS=10033 TRADE_RETCODE_LIMIT_VOLUME=10034
TRADE_RETCODE_INVALID_ORDER=10035 TRADE_RETCODE_POSITION_CLOSED=10036
TRADE_RETCODE_INVALID_CLOSE_VOLUME=10038 TRADE_RETCODE_CLOSE_ORDER_EXIST=10039
TRADE_RETCODE_LIMIT_POSITIONS=10040 TRADE_RETCODE_REJECT_CANCEL=10041 TRADE_RETCODE_LONG_ONLY=10042
TRADE_RETCODE_SHORT_ONLY=10043 TRADE_RETCODE_CLOSE_ONLY=10044 TRADE_RETCODE_FIFO_CLOSE=10045 RES_S_OK=1
RES_E_FAIL=-1 RES_E_INVALID_PARAMS=-2 RES_E_NO_MEMORY=-3 RES_E_NOT_FOUND=-4 RES_E_INVALID_VERSION=-5
RES_E_AUTH_FAILED=-6 RES_E_UNSUPPORTED=-7 RES_E_AUTO_TRADING_DISABLED=-8 RES_E_INTERNAL_FAIL=-10000
RES_E_INTERNAL_FAIL_SEND=-10001 RES_E_INTERNAL_FAIL_RECEIVE=-10002 RES_E_INTERNAL_FAIL_INIT=-10003
RES_E_INTERNAL_FAIL_CONNECT=-10004 RES_E_INTERNAL_FAIL_TIMEOUT=-10005
"""

LACKING = """
SYMBOL_FILLING_FOK=1 SYMBOL_FILLING_IOC=2 SYMBOL_FILLING_BOC=4 SYMBOL_ORDER_MARKET=1 SYMBOL_ORDER_LIMIT=2
SYMBOL_ORDER_STOP=4 SYMBOL_ORDER_STOP_LIMIT=8 SYMBOL_ORDER_SL=16 SYMBOL_ORDER_TP=32
SYMBOL_ORDER_CLOSEBY=64 SYMBOL_EXPIRATION_GTC=1 SYMBOL_EXPIRATION_DAY=2 SYMBOL_EXPIRATION_SPECIFIED=4
SYMBOL_EXPIRATION_SPECIFIED_DAY=8 TRADE_RETCODE_HEDGE_PROHIBITED=10046
"""

RECORDS = {
    "Tick": """
time:int64 bid:float ask:float last:float volume:uint64 time_msc:int64 flags:uint32 volume_real:float
""",
    "BookInfo": """
type:uint32 price:float volume:uint64 volume_dbl:float
""",
    "OrderSendResult": """
retcode:uint32 deal:uint64 order:uint64 volume:float price:float bid:float ask:float comment:str
request_id:uint32 retcode_external:int32 request:TradeRequest
""",
    "OrderCheckResult": """
retcode:uint32 balance:float equity:float profit:float margin:float margin_free:float margin_level:float
comment:str request:TradeRequest
""",
    "TradeRequest": """
action:uint32 magic:uint64 order:uint64 symbol:str volume:float price:float stoplimit:float sl:float
tp:float deviation:uint64 type:uint32 type_filling:uint32 type_time:uint32 expiration:int64 comment:str
position:uint64 position_by:uint64
""",
    "TradePosition": """
ticket:uint64 time:int64 time_msc:int64 time_update:int64 time_update_msc:int64 type:uint32 magic:uint64
identifier:uint64 reason:uint32 volume:float price_open:float sl:float tp:float price_current:float
swap:float profit:float symbol:str comment:str external_id:str
""",
    "TradeOrder": """
ticket:uint64 time_setup:int64 time_setup_msc:int64 time_done:int64 time_done_msc:int64
time_expiration:int64 type:uint32 type_time:uint32 type_filling:uint32 state:uint32 magic:uint64
position_id:uint64 position_by_id:uint64 reason:uint32 volume_initial:float volume_current:float
price_open:float sl:float tp:float price_current:float price_stoplimit:float symbol:str comment:str
external_id:str
""",
    "TradeDeal": """
ticket:uint64 order:uint64 time:int64 time_msc:int64 type:uint32 entry:uint32 magic:uint64
position_id:uint64 reason:uint32 volume:float price:float commission:float swap:float profit:float
fee:float symbol:str comment:str external_id:str
""",
    "AccountInfo": """
login:uint64 trade_mode:uint32 leverage:uint32 limit_orders:uint32 margin_so_mode:uint32
trade_allowed:bool trade_expert:bool margin_mode:uint32 currency_digits:uint32 fifo_close:bool
balance:float credit:float profit:float equity:float margin:float margin_free:float margin_level:float
margin_so_call:float margin_so_so:float margin_initial:float margin_maintenance:float assets:float
liabilities:float commission_blocked:float name:str server:str currency:str company:str
""",
    "TerminalInfo": """
community_account:bool community_connection:bool connected:bool dlls_allowed:bool trade_allowed:bool
tradeapi_disabled:bool email_enabled:bool ftp_enabled:bool notifications_enabled:bool mqid:bool
build:uint32 maxbars:uint32 codepage:int32 ping_last:int32 community_balance:float retransmission:float
company:str name:str language:str path:str data_path:str commondata_path:str
""",
    "SymbolInfo": """
custom:bool chart_mode:uint32 select:bool visible:bool session_deals:uint64 session_buy_orders:uint64
session_sell_orders:uint64 volume:uint64 volumehigh:uint64 volumelow:uint64 time:int64 digits:uint32
spread:int32 spread_float:bool ticks_bookdepth:uint32 trade_calc_mode:uint32 trade_mode:uint32
start_time:int64 expiration_time:int64 trade_stops_level:int32 trade_freeze_level:int32
trade_exemode:uint32 swap_mode:uint32 swap_rollover3days:uint32 margin_hedged_use_leg:bool
expiration_mode:int32 filling_mode:int32 order_mode:int32 order_gtc_mode:uint32 option_mode:uint32
option_right:uint32 bid:float bidhigh:float bidlow:float ask:float askhigh:float asklow:float last:float
lasthigh:float lastlow:float volume_real:float volumehigh_real:float volumelow_real:float
option_strike:float point:float trade_tick_value:float trade_tick_value_profit:float
trade_tick_value_loss:float trade_tick_size:float trade_contract_size:float trade_accrued_interest:float
trade_face_value:float trade_liquidity_rate:float volume_min:float volume_max:float volume_step:float
volume_limit:float swap_long:float swap_short:float margin_initial:float margin_maintenance:float
session_volume:float session_turnover:float session_interest:float session_buy_orders_volume:float
session_sell_orders_volume:float session_open:float session_close:float session_aw:float
session_price_settlement:float session_price_limit_min:float session_price_limit_max:float
margin_hedged:float price_change:float price_volatility:float price_theoretical:float
price_greeks_delta:float price_greeks_theta:float price_greeks_gamma:float price_greeks_vega:float
price_greeks_rho:float price_greeks_omega:float price_sensitivity:float basis:str category:str
currency_base:str currency_profit:str currency_margin:str bank:str description:str exchange:str
formula:str isin:str name:str page:str path:str
""",
}

ARRAYS = {
    "rates": (
        ("time", "<i8", 0),
        ("open", "<f8", 8),
        ("high", "<f8", 16),
        ("low", "<f8", 24),
        ("close", "<f8", 32),
        ("tick_volume", "<u8", 40),
        ("spread", "<i4", 48),
        ("real_volume", "<u8", 52),
    ),
    "ticks": (
        ("time", "<i8", 0),
        ("bid", "<f8", 8),
        ("ask", "<f8", 16),
        ("last", "<f8", 24),
        ("volume", "<u8", 32),
        ("time_msc", "<i8", 40),
        ("flags", "<u4", 48),
        ("volume_real", "<f8", 52),
    ),
}

ERROR_TEXTS = {
    1: "Success",
    -1: "Terminal: Call failed",
    -2: "Terminal: Invalid params",
    -3: "Terminal: Out of memory",
    -4: "Terminal: Not found",
    -5: "Terminal: Incompatible versions, please install the latest version of Terminal and Python module",
    -6: "Terminal: Authorization failed",
    -7: "Terminal: Unsupported function",
    -8: "Auto-Trading using Python API disabled in Terminal",
    -10000: "IPC call failed",
    -10001: "IPC send failed",
    -10002: "IPC recv failed",
    -10003: "IPC initialize failed, <detail>",
    -10004: "No IPC connection",
    -10005: "IPC timeout",
}

FUNCTIONS = """
initialize shutdown login version terminal_info account_info copy_ticks_from copy_ticks_range
copy_rates_from copy_rates_from_pos copy_rates_range positions_total positions_get orders_total
orders_get history_orders_total history_orders_get history_deals_total history_deals_get order_check
order_send order_calc_margin order_calc_profit symbol_info symbol_info_tick symbol_select symbols_total
symbols_get market_book_add market_book_release market_book_get last_error
"""
