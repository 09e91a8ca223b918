"""Parts of the settings, a subject each, as `base` and `prod` read them."""
