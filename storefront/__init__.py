"""An HTML door."""

from flask import Blueprint

blueprints: tuple[Blueprint, ...] = ()
