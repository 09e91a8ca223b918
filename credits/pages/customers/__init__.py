"""A service provider's customers: their figures side by side, and the thresholds above which one is told of them."""
