"""Views, one module per place: landing, room, results."""
