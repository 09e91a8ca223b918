"""Acts in plain sentences: who did what, to what, and what it did to the credits.

Told to support on the workbench, and `to_customers` in a company's audit log: there staff are "Support", other companies have no
name but its provider and its customers, nothing leads to the desk, and what is support's own is left out.
"""

from credits.desk.sentences.labels import LABELS, label_of
from credits.desk.sentences.sentences import SENTENCES, sentence_of, sentences_of
from credits.desk.sentences.told import Sentence

__all__ = ["LABELS", "SENTENCES", "Sentence", "label_of", "sentence_of", "sentences_of"]
