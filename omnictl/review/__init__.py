"""What is done to a glossary: it is checked, and its worked figures are tried."""
