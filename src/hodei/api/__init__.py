"""The interfaces of the server: gRPC and HTTP, both thin over the engine's use cases."""
