"""New performances: event by event, note by note or segment by segment, and how samples are steered."""
