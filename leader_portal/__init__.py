"""The leader portal: a leader's day on her phone - the truck, the count, handing out - and what she earns by it."""

from flask import Blueprint

from leader_portal import views
from leader_portal.applicants import applicants
from leader_portal.doors import leader

__all__ = ["blueprints", "views"]

blueprints: tuple[Blueprint, ...] = (leader, applicants)
