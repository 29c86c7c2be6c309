"""Commands: `flask <group> <command>`. Each module exports one click group; they are collected here."""

from click import Group

from app.cli import accounts, worker

groups: tuple[Group, ...] = (accounts.group, worker.group)
