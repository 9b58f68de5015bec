"""Google's discovery documents: what routes, parameters and bodies there are."""
