"""What people see and do, in Chromium, against a server with the demo companies."""
