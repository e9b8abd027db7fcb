"""Repair after placement: buffers and sizes that meet the clock and the library's limits."""
