"""The second factor that staff need before the support desk opens."""
