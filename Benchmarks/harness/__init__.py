"""What the scenarios stand on: processes that are ended, brokers, the agent under test, measures and tables."""
