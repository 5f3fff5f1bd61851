"""Discord's own rules as pure functions: what a request may hold, and the words Discord refuses it with."""
