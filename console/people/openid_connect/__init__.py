"""Sign-in by OpenID Connect: django-allauth's, held to more of the specification; and the tenant somebody signed in from."""
