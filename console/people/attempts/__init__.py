"""How often somebody may try a password: counted by person and network together, so that nobody can keep another person out."""
