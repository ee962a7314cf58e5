"""The hands on Docker: three narrow protocols, the real engine behind them, and a fake for tests and demos."""
