import pytest
from django.core.management import call_command

from tests.factories import *


@pytest.mark.django_db
def test_x():
    c=make_company(); l=make_license(company=c); f=make_feature(rates=["0.2",3])
    allocate(c,f.lines.first(),61)
    make_user(company=c,roles=["viewer"])
    call_command("verify_ledger")
@pytest.mark.django_db(transaction=True)
def test_y():
    c=make_company(); l=make_license(company=c); f=make_feature(rates=["0.2",3])
    allocate(c,f.lines.first(),61)
    call_command("verify_ledger")
