"""What all HTTP doors share: who asks, forms that cannot be forged, refusals, languages, assets, health."""
