"""What the vendor who runs the console calls its own: name, logo, colors, contacts, addresses of its apps, words of its mails."""
