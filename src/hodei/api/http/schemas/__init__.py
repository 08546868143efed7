"""The models of what the HTTP interface answers; each knows how it is made from the domain."""
