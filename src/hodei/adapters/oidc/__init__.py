"""An OpenID Connect provider as identity provider."""
