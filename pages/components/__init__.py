"""Browser parts and the shared look of the pages."""
