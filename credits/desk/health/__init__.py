"""The health page of the workbench: everything that can be told without asking a marketplace, the worst first."""
