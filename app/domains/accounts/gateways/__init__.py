"""Where the accounts room talks to the outside."""
