"""E-mail over SMTP, or into a directory where there is no mail server."""
