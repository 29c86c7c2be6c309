"""The HQ console: catalogue, group-buys, the round board, supply, logistics, leaders and money, at a desk."""

from flask import Blueprint

from hq_console import views
from hq_console.doors import hq
from hq_console.views.driver import driver

__all__ = ["blueprints", "views"]

blueprints: tuple[Blueprint, ...] = (hq, driver)
