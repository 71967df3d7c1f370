"""The commands, one module each; ``publisher.cli`` imports the one that is asked for."""
