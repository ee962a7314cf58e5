"""Between a mind and the engine: collects facts into the ledger, runs tools, and alone renders, redacts and bounds."""
