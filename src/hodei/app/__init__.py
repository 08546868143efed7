"""The application: settings, wiring, the command line and the embedded database."""
