"""Publishes what data analysts write: versioned scripts and wheels, from Git to S3."""

__version__ = "0.1.0"
