"""Who may do what: one table of all operations, and the gate that every interface asks."""
