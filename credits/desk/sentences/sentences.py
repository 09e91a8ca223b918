"""Every act has a sentence: the names of acts, and the words for many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from console.models import Act, User
from credits.desk.sentences import of_allocations, of_orders, of_people, of_settings, of_support
from credits.desk.sentences.act_to_tell import ActToTell
from credits.desk.sentences.before_and_after import before_and_after, is_of_the_balance
from credits.desk.sentences.facts_of_acts import FactsOfAct, FactsOfActs, facts_of_acts
from credits.desk.sentences.told import Name, Sentence, Words, who_acted

SENTENCES: dict[str, Callable[[ActToTell], Words]] = {
    **of_orders.SENTENCES,
    **of_allocations.SENTENCES,
    **of_people.SENTENCES,
    **of_settings.SENTENCES,
    **of_support.SENTENCES,
}
"""Name of an act -> what it did, in words. A new act adds its own here: a test fails for one without."""


def sentences_of(acts: Iterable[Act], *, reader: User | None = None, to_customers: bool = False) -> list[Sentence]:
    """A sentence for each act, in their order. One statement, however many they are; reads `actor` of each (select_related).

    What `reader` did is told as "You". They name people of staff and what only staff may open, unless they are told
    `to_customers`: then staff are "Support", other companies have no name, nothing is a link, and who did it stands apart.
    """
    wanted = list(acts)
    known = facts_of_acts(wanted)
    found = []
    for act in wanted:
        told, words = _told(act, known, reader, to_customers=to_customers)
        by_support = act.actor is not None and act.actor.is_staff
        before, after = before_and_after(told)
        found.append(
            Sentence(
                act,
                told.who,
                words.of_who_is_named_elsewhere() if to_customers else words,
                told.company,
                by_support,
                acted_for=known.acted_for(act, to_customers=to_customers),
                before=before,
                after=after,
                of_the_balance=is_of_the_balance(told),
                changes_credits=told.wrote.supply is not None or told.wrote.demand is not None,
            )
        )
    return found


def _told(
    act: Act, known: FactsOfActs, reader: User | None, *, undone: bool = True, to_customers: bool = False
) -> tuple[ActToTell, Words]:
    """With what it undid, unless that is told within an undo already."""
    words_of_undone = None
    if undone and (found := known.undone.get(act.result.get("undoes", ""))) is not None:
        words_of_undone = _told(found, known, reader, undone=False, to_customers=to_customers)[1]
    who = who_acted(act, reader, known.acted_for(act, to_customers=to_customers), to_customers=to_customers)
    told = ActToTell(act, who, known.acts.get(str(act.pk), FactsOfAct()), known, words_of_undone, to_customers)
    if told.of_erasure:
        told = replace(told, who=told.person())
    return told, SENTENCES.get(act.name, _without_words)(told)


def sentence_of(act: Act, *, reader: User | None = None) -> Sentence:
    """The same for one act. One statement."""
    return sentences_of([act], reader=reader)[0]


def _without_words(told: ActToTell) -> Words:
    """Of an act that the code does no more: its name is all that is left."""
    return told.says(_("%(who)s did something that is called %(name)s"), name=Name(told.act.name))
