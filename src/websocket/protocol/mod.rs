//! The sans-I/O engine.
