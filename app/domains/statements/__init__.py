"""What leaders, suppliers and hubs are told of their money: statements drawn from the ledger, not calculated again."""
