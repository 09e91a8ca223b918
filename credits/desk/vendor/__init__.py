"""The page on which staff state what the vendor calls its own."""
