"""Files that tell an account's history: reports of MetaTrader 5, statements of MetaTrader 4, deals in CSV."""
