"""Use-cases of the aftersales room."""
