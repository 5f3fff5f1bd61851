"""Light stand-ins for Discord and Runflow, in a process of their own, that measure from their side."""
