"""Acts on what the vendor calls its own."""
