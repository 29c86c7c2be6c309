"""What holds for all applications: checklist and contract, version by version; and where leaders are missing."""

from collections import Counter
from datetime import UTC, datetime, time
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities.values import LEAST_HOUSEHOLDS, MOST_HOUSEHOLDS
from app.domains.recruitment import queries, rules
from app.domains.recruitment.queries.proposals import proposals
from app.domains.recruitment.service import terms
from app.domains.recruitment.values import Advice, Item, Policy, Proposal
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, chips_of

#: What a version of the checklist wants, as its form asks for it.
_WANTED = ("radius_m", "endorsements", "storage_m2", "fridge_l", "freezer_l", "open_minutes", "pass_points")
#: Longer lists are cut; a hub or a kind of advice makes them shorter.
MOST = 100
_COLOURS = {Advice.RECRUIT: "bad", Advice.OVERLOADED: "bad", Advice.SPLIT: "hub", Advice.MERGE: "good"}


@hq.get("/applications/rules")
@needs(Permission.RECRUITMENT_READ)
def recruit_rules() -> ResponseReturnValue:
    """The checklist and the contract with their versions."""
    return _rules(Form({}))


@hq.post("/applications/rules")
@needs(Permission.RECRUITMENT_DECIDE)
def adopt_checklist() -> ResponseReturnValue:
    """Announce another checklist."""
    form = Form(request.form)
    wish = Policy(
        version=0, weights={item: form.whole(f"weight-{item.value}") for item in Item},
        **{name: form.whole(name) for name in _WANTED},
    )  # fmt: skip
    starts = datetime.combine(form.day("valid_from"), time(), UTC)
    return _try(form, terms.adopt_policy, (wish, starts), _("Announced. Applications until then keep the old one."))


@hq.post("/applications/contract")
@needs(Permission.RECRUITMENT_DECIDE)
def publish_contract() -> ResponseReturnValue:
    """Publish another text of the contract."""
    form = Form({})  # a contract is longer than a form's fields may be
    form.values = {name: request.form.get(name, "").strip() for name in ("text_zh", "text_en")}
    texts = (form.values["text_zh"], form.values["text_en"])
    return _try(form, terms.publish_contract, texts, _("Published. Who signs from now on signs this text."))


def _try(form: Form, use_case: Any, wish: tuple[Any, ...], said: str) -> ResponseReturnValue:
    if form.ok:
        try:
            transact(use_case, *wish)
        except DomainError as refusal:
            form.refuse(refusal)
            if "weights" in str(getattr(refusal, "field", "")):
                form.errors = {"weights": form.errors.get("", "")}
        else:
            flash(said, "success")
            return redirect(url_for("hq.recruit_rules"), 303)
    return _rules(form), 422


def _rules(form: Form) -> str:
    versions, contracts = read(queries.policies), read(queries.contracts)
    newest = versions[0].policy
    proposed = {name: getattr(newest, name) for name in _WANTED}
    proposed |= {f"weight-{item.value}": weight for item, weight in newest.weights.items()}
    texts = {"text_zh": contracts[0].text_zh, "text_en": contracts[0].text_en}
    earliest = (now() + rules.NOTICE).date()
    return render_template(
        "hq_console/recruit_rules.html", versions=versions, contracts=contracts, form=form,
        values=proposed | texts | {"valid_from": earliest.isoformat()} | form.values, items=list(Item),
        holding=read(queries.policy_at, now()).version, now=now(), wanted=_wanted_labels(),
    )  # fmt: skip


def _wanted_labels() -> list[tuple[str, str, str]]:
    return [
        ("radius_m", _("Radius"), "m"), ("endorsements", _("Neighbours who vouch"), ""),
        ("storage_m2", _("Room for goods"), "m²"), ("fridge_l", _("Fridge"), "l"), ("freezer_l", _("Freezer"), "l"),
        ("open_minutes", _("Open a day"), "min"), ("pass_points", _("Points that speak for her"), ""),
    ]  # fmt: skip


@hq.get("/where-to-recruit")
@needs(Permission.RECRUITMENT_READ)
def recruit_where() -> ResponseReturnValue:
    """Neighbourhoods without a leader in reach, overloaded leaders, and what might be split or merged."""
    choice = HubChoice()
    every = read(proposals, choice.id)
    counts = Counter(one.advice for one in every)
    wanted = next((a for a in Advice if a.value == request.args.get("advice")), None)
    shown = [one for one in every if wanted is None or one.advice is wanted]
    chips = chips_of("advice", names.choices(Advice), _("All"))
    for chip, count in zip(chips, [len(every), *(counts[a] for a in Advice)], strict=True):
        chip["count"] = count
    alone = sum(one.households for one in every if one.advice is Advice.RECRUIT)
    return render_template(
        "hq_console/recruit_where.html", choice=choice, chips=chips, rows=shown[:MOST], more=max(0, len(shown) - MOST),
        least=LEAST_HOUSEHOLDS, most=MOST_HOUSEHOLDS,
        counts=counts, alone=alone, map=_map(shown[: MOST * 3]), what=_what,
        hubs={hub.id: hub for hub in choice.all},
    )  # fmt: skip


def _map(shown: list[Proposal]) -> dict[str, Any]:
    """Coloured dots, and names where there is room for them."""
    names_ = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [one.place.lon, one.place.lat]},
         "properties": {"name": tr(one)}}
        for one in shown
    ]  # fmt: skip
    return {"areas": {"type": "FeatureCollection", "features": names_}, "points": [_dot(one) for one in shown]}


def _dot(one: Proposal) -> dict[str, Any]:
    return {"lat": one.place.lat, "lon": one.place.lon, "name": tr(one), "text": _what(one),
            "kind": _COLOURS[one.advice]}  # fmt: skip


def _what(one: Proposal) -> str:
    """What might be done, in one sentence."""
    if one.advice is Advice.RECRUIT:
        one_, many = _("Nobody serves here; one leader would do."), _("Nobody serves here; %(num)s leaders would do.")
        return many % {"num": one.wanted} if one.wanted > 1 else one_
    if one.advice is Advice.SPLIT:
        return _("Leaders now: %(now)s; for so many households %(num)s would do.", now=one.leaders, num=one.wanted)
    if one.advice is Advice.OVERLOADED:
        return _("No room left: %(taken)s of %(room)s places are taken.", taken=one.residents, room=one.capacity)
    return _("So small that one leader could serve it together with %(other)s.", other=tr(one, "with_name"))
