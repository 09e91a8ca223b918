"""Act: support sends a notice to its person once more, also where nobody knows what became of its mail."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.mail.queueing import queue_mails
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.models import Membership, NoticeDelivery
from licensing.notices.kinds import kind_of
from licensing.notices.words_of_notices import mail_of


def address_of_resending(delivery: int) -> str:
    """The one form by which a delivery, by its id, is sent again, wherever that is offered."""
    return reverse("admin:licensing_noticedelivery_act", args=[delivery, "resend"])


@as_act
def resend_notice(delivery: NoticeDelivery, *, by: Actor, key: str, reason: Reason) -> NoticeDelivery:
    """Send a notice to its person once more, by mail, whatever they chose. Support only, with a reason."""
    require_support(by, reason=reason)
    company = delivery.company
    act = Act.begin("notice.resend", scope=company, key=key, by=by, reason=reason, stated={"delivery": delivery})
    if act.done:
        return NoticeDelivery.objects.get(company=company, pk=act.result["delivery"])
    member = Membership.objects.filter(company=company, user=delivery.user, user__is_active=True).first()
    if member is None or not kind_of(delivery.notice.kind).concerns(member.roles, delivery.notice.facts):
        raise Refused(_("%(person)s no longer has a role that is told of this.") % {"person": delivery.user})
    mail = mail_of(delivery.notice, company, delivery.user)
    queue_mails([mail])
    again = NoticeDelivery.objects.create(
        company=company,
        notice=delivery.notice,
        user=delivery.user,
        channel=NoticeDelivery.Channel.MAIL,
        mail=mail,
        created_at=act.recorded_at,
        act_id=act.id,
    )
    act.finish(delivery=again.pk)
    return again
