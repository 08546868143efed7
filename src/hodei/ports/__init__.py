"""What the engine needs from outside, as Protocols whose docstrings are the contract."""
