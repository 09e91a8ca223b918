"""English. An instant names its zone: staff look after companies in many, and read UTC."""

DATE_FORMAT = "M j, Y"
DATETIME_FORMAT = "M j, Y, H:i e"
SHORT_DATETIME_FORMAT = DATETIME_FORMAT
