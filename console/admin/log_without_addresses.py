"""The admin's own log names a row by its id where its name is somebody's address: it is kept for longer than that."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models.signals import pre_save
from django.dispatch import receiver


@receiver(pre_save, sender=LogEntry, dispatch_uid="log_without_addresses")
def without_addresses(instance: Any, **kwargs: Any) -> None:
    if "@" in instance.object_repr:
        instance.object_repr = f"{instance.content_type.name} {instance.object_id}"[:200]
