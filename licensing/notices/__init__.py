"""What companies are told without asking: kinds, what is due of licenses, telling, digests, and the inbox."""
