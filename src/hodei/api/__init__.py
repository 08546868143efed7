"""The interfaces of the server: gRPC, HTTP and SSH, all thin over the engine's use cases."""
