from django.db import migrations

from console.security.sealing import NotOurs, seal, unseal

SECRETS = ("secret", "seed")


def seal_factors(apps, schema_editor):
    """What is sealed already stays: a run that was interrupted, or code that was newer than the migration."""
    for factor in apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "recovery_codes"]).iterator():
        change(factor, lambda text: text if is_sealed(text) else seal(text))


def open_factors(apps, schema_editor):
    for factor in apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "recovery_codes"]).iterator():
        change(factor, lambda text: unseal(text) if is_sealed(text) else text)


def change(factor, each):
    data = {name: each(value) if name in SECRETS else value for name, value in factor.data.items()}
    if "migrated_codes" in data:
        data["migrated_codes"] = [each(code) for code in data["migrated_codes"]]
    if data != factor.data:
        factor.data = data
        factor.save(update_fields=["data"])


def is_sealed(text):
    try:
        unseal(text)
    except NotOurs:
        return False
    return True


class Migration(migrations.Migration):
    dependencies = [("console", "0008_exports"), ("mfa", "0003_authenticator_type_uniq")]

    # Code that reads no sealed secret refuses a code of an app, which is typed again a minute later; everything else goes on.
    beside_old_code = "only signing in by a second factor waits until the new code serves"

    operations = [migrations.RunPython(seal_factors, open_factors)]
