"""Commands: `flask <group> <command>`. Each module exports a group or one command; they are collected here."""

from click import Command

from app.cli import (
    accounts,
    audit,
    bench,
    claims,
    documents,
    fleet,
    imports,
    leaders,
    ledger,
    purchasing,
    reconcile,
    refunds,
    round as rounds,
    simulate,
    tidy,
    weigh,
    worker,
)

groups: tuple[Command, ...] = (
    accounts.group,
    audit.command,
    imports.import_,
    imports.export,
    rounds.group,
    claims.group,
    documents.command,
    purchasing.group,
    reconcile.command,
    refunds.group,
    fleet.group,
    leaders.group,
    ledger.group,
    tidy.command,
    weigh.group,
    worker.group,
    bench.command,
    simulate.group,
)
