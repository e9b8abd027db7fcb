"""AccelScope's core: design-space exploration of machine-learning accelerators, without any user interface."""
