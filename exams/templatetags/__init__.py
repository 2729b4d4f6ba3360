"""Template filters of the exam room."""
