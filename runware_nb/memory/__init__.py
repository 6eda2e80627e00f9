"""What is kept on this machine: the media (`store`) and what was asked and spent (`ledger`)."""
