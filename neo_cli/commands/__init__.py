"""The commands of `neo`, one module for each command or group."""
