"""A leader's papers with an expiry: entered by her with a picture, looked at by HQ, and demanded by hubs."""
