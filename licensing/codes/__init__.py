"""Activation codes and registration keys: what they look like, who may use them, how often one may guess."""
