"""Who may do what: roles, the permissions they grant, and whoever calls."""
