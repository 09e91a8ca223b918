"""People. They are never deleted: erasing replaces what identifies them and keeps the id."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class StaffRole(models.TextChoices):
    """Every member of staff looks; the others are given one by one. Each act of support says which it needs."""

    LOOKS = "looks", _("Looks only")
    CUSTOMERS = "customers", _("Acts on customers")
    MARKETPLACES = "marketplaces", _("Acts on marketplaces")
    STAFF = "staff", _("Manages staff")


GIVEN = (StaffRole.CUSTOMERS, StaffRole.MARKETPLACES, StaffRole.STAFF)
"""What is given one by one; looking comes with being staff."""


FORMER_MEMBER = "a former member"
"""What the row of an erased person has for a name, so that every statement that reads names finds this one."""
ERASED_AT = "@erased.invalid"
"""How the address of an erased person ends: nobody receives mail there, and nobody else may have it."""


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who signs in with `email`. Raises ValueError without an address."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in: a customer's administrator, or the vendor's support staff (`is_staff`)."""

    class Told(models.TextChoices):
        AT_ONCE = "at-once", _("By e-mail, at once")
        DIGEST = "digest", _("By e-mail, once a day")
        CONSOLE = "console", _("In the console only")

    OFF = "off"
    """The way of a kind of notices of which they are told in no way."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    told = models.CharField(_("how notices reach them"), max_length=10, choices=Told, default=Told.AT_ONCE)
    told_of = models.JSONField(_("how single kinds of notices reach them"), default=dict, blank=True)
    """Name of a kind -> a way of its own; the others reach them as `told` says."""
    is_staff = models.BooleanField(_("support staff"), default=False)
    staff_roles = ArrayField(
        models.CharField(max_length=20, choices=[(role.value, role.label) for role in GIVEN]),
        verbose_name=_("roles of staff"),
        default=list,
        db_default=[],
        blank=True,
    )
    """Of `StaffRole`, beyond looking. Changed by `set_staff_roles` alone; nobody has any who is not staff."""
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_person_per_email_whatever_its_case",
                violation_error_message=_("A person with this e-mail address exists."),
            )
        ]

    def __str__(self) -> str:
        if self.is_erased:
            return gettext("a former member")
        return self.name or self.email

    @property
    def is_erased(self) -> bool:
        """Whether they were erased (`console.people.privacy`). Free, also where no more was read than name and address."""
        return self.email.endswith(ERASED_AT)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """django-allauth looks addresses up in small letters only."""
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def way_of(self, kind: str, *, may_be_off: bool) -> str:
        """How notices of a kind reach them. What is switched off and may not be reaches them as the others do."""
        way = self.told_of.get(kind, self.told)
        return self.told if way == self.OFF and not may_be_off else way

    def may(self, role: StaffRole) -> bool:
        """Whether they are staff and may do what the role says. A superuser may all. Free."""
        if not (self.is_active and self.is_staff):
            return False
        return role == StaffRole.LOOKS or self.is_superuser or role in self.staff_roles

    @property
    def initials(self) -> str:
        words = (self.name or self.email.partition("@")[0]).replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()
