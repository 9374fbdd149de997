"""The generated pages of the reference: one module each, with a `page()` that gives its text."""
