"""Processes that cross rooms: one readable file each. A flow of one transaction takes `uow`, a longer one `run`."""
