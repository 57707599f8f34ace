"""Pages, rendering and the commands that span rooms. No rules live here."""
