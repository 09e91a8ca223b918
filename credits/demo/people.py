"""Who there is in the demo, and which roles they are given."""

from __future__ import annotations

from dataclasses import dataclass

from console.models import Actor
from licensing.models import Role


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    is_support: bool = False


SUPPORT = "support@allotment.example"
DELTA_OWNER = "owner@delta.example"

PEOPLE = (
    Person("owner@aster.example", "Jonas Weber"),
    Person("admin@aster.example", "Mira Okafor"),
    Person("manager@aster.example", "Katrin Vogel"),
    Person("viewer@aster.example", "Emil Brandt"),
    Person("owner@borealis.example", "Ingrid Lindqvist"),
    Person("admin@borealis.example", "Oskar Nyström"),
    Person("manager@borealis.example", "Elsa Håkansson"),
    Person("viewer@borealis.example", "Nils Berg"),
    Person("owner@cobalt.example", "Grace Whitfield"),
    Person("admin@cobalt.example", "Marcus Reed"),
    Person("manager@cobalt.example", "Priya Raman"),
    Person("viewer@cobalt.example", "Daniel Ortiz"),
    Person(DELTA_OWNER, "Tan Wei Ling"),
    Person(SUPPORT, "Sam Rivers", is_support=True),
)

SIGN_INS = {
    "viewer@aster.example": "sees the credits of Aster Foods",
    "manager@aster.example": "allocates them",
    "admin@aster.example": "activates its licenses",
    "owner@aster.example": "may do everything there",
    "viewer@borealis.example": "Borealis Logistics, whose balance is negative",
    "viewer@cobalt.example": "Cobalt Health, in the middle of a renewal",
    DELTA_OWNER: "a service provider with customers",
    SUPPORT: "the vendor's support desk (/admin/); its code is shown at sign-in",
}
"""What the start and the sign-in page offer to those who look around: address -> what one sees there."""

STAFF_OF_A_COMPANY = {
    "admin": {Role.LICENSE_ADMINISTRATOR},
    "manager": {Role.CREDIT_MANAGER},
    "viewer": {Role.VIEWER},
}
"""Whom the owner of a company invites, by the first part of their address."""

SERVICE_PROVIDER_ROLES = {Role.LICENSE_ADMINISTRATOR, Role.CREDIT_MANAGER}

AZURE_MARKETPLACE = Actor.system("Azure Marketplace")
AWS_MARKETPLACE = Actor.system("AWS Marketplace")
