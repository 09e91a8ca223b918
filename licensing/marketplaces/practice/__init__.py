"""The practice marketplace: plays Azure Marketplace for demos and tests, storefront and fulfillment API in one.

Another company's service in all but name: it imports nothing of the console's apps and is reached by HTTP only. Nothing is
sold. `offers` what is on sale, `models` its rows, `changes` what happens to them, `wire` the JSON, `tokens` keys and tokens,
`login` and `fulfillment` the service, `sending` the webhooks, `faults` trouble on request, `storefront` and `forms` the pages.
"""
