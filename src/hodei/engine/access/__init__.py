"""Who may enter: users, their tokens and sign-ins, and when anybody must show one."""
