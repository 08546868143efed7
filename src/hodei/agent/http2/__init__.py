"""A small HTTP/2 client: frames, header compression, connection state and transports.

Everything except `transport`, `tls` and `dial` is free of input and output: bytes go in,
events and bytes come out. The package imports only modules written in C or already loaded
by the interpreter, because each import is paid on every start of a worker: the `socket`
module alone costs ten milliseconds, `_socket` below it half of one.
"""
