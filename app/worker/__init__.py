"""The job worker: facts are delivered, refunds executed, stations run, and what is due by the clock happens."""
