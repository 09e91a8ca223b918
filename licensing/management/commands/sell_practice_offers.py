"""Say which product each plan of the practice marketplace sells: what a vendor does once in the admin for its own offers."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from console.company_in_hand import for_all
from licensing.marketplaces.practice.offers import OFFERS
from licensing.models import MarketplacePlan, Order, Product

PRODUCTS = {
    "credits-12m": "CREDITS-AZURE",
    "credits-36m": "CREDITS-AZURE",
    "credits-1m": "CREDITS-AZURE",
    "credits-trial": "CREDITS-AZURE",
    "ep-core-12m": "EP-CORE",
    "ep-essentials-12m": "EP-ESSENTIALS",
}
"""SKUs of the reference catalogue."""


class Command(BaseCommand):
    help = "Map the plans of the practice marketplace to products of the reference catalogue; those mapped already stay."

    @for_all("what is sold belongs to no company")
    def handle(self, **options: Any) -> None:
        if not settings.PRACTICE_MARKETPLACE:
            raise CommandError("PRACTICE_MARKETPLACE is off here: there are no practice offers to sell.")
        products = {product.sku: product for product in Product.objects.filter(sku__in=PRODUCTS.values())}
        mapped = 0
        for plan in OFFERS:
            product = products.get(PRODUCTS[plan.plan_id])
            if product is None:
                self.stderr.write(f"{plan.plan_id}: the catalogue has no {PRODUCTS[plan.plan_id]}; it cannot be activated here.")
                continue
            _row, made = MarketplacePlan.objects.get_or_create(
                channel=Order.Channel.AZURE, offer_id=plan.offer_id, plan_id=plan.plan_id, defaults={"product": product}
            )
            mapped += made
        if options["verbosity"]:
            self.stdout.write(f"{mapped} plans mapped.")
