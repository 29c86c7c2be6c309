"""Money out: withdrawals of leaders and payments of suppliers, by transfer or by a file for the bank."""
