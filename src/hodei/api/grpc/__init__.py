"""The gRPC interface: servicers, error details, reflection and health."""
