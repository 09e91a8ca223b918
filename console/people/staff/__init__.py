"""Support staff: how the first of them comes to be, before anybody can add people in the admin."""
