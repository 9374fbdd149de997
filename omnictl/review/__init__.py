"""What is done to a glossary: its worked figures are tried."""
