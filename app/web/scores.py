"""A scorecard in words and as a waterfall, for every door that shows one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.domains.scoring.values import Link, Measure, Part, ScorecardCard
from app.web.words import gettext as _


@dataclass(frozen=True, slots=True)
class Fall:
    """One bar of a waterfall, in hundredths of a point: where it begins and how far it goes. `is_sum`: from zero."""

    label: str
    begins: int
    change: int
    is_sum: bool = False

    @property
    def ends(self) -> int:
        """Where it leaves the sum."""
        return self.begins + self.change

    @property
    def tone(self) -> str:
        """The token of its colour; a change of nothing has none."""
        if self.is_sum:
            return "ink-2"
        return "success" if self.change > 0 else "danger" if self.change else ""


def falls(card: ScorecardCard, called: Callable[[Measure], str]) -> list[Fall]:
    """From what peers' rates would earn, over what each measure adds or takes, to the leader's total."""
    running = sum(part.usual_centi for part in card.parts)
    bars = [Fall(_("Usual among peers"), 0, running, is_sum=True)]
    for part in card.parts:
        bars.append(Fall(called(part.measure), running, part.points_centi - part.usual_centi))
        running = bars[-1].ends
    return [*bars, Fall(_("Total"), 0, running, is_sum=True)]


def waterfall(bars: Sequence[Fall]) -> dict[str, Any]:
    """The chart of these bars, one below the other so that it can be read on a phone.

    Its axis begins at nothing: the length of a bar is what it says.
    """
    return {
        "xAxis": {"type": "value", "min": 0, "max": min(100, -(-max(bar.ends for bar in bars) // 1_000) * 10 + 10)},
        "yAxis": {"type": "category", "inverse": True, "data": [bar.label for bar in bars],
                  "axisLabel": {"hideOverlap": False, "interval": 0}},
        "legend": {"show": False},
        "tooltip": {"trigger": "item"},
        "series": [
            {"type": "bar", "stack": "sum", "tone": "none", "silent": True,
             "data": [0 if bar.is_sum else min(bar.begins, bar.ends) / 100 for bar in bars]},
            *(
                {"type": "bar", "stack": "sum", "tone": tone,
                 "data": [_bar(bar) if bar.tone == tone else "-" for bar in bars]}
                for tone in ("ink-2", "success", "danger")
            ),
        ],
    }  # fmt: skip


def _bar(bar: Fall) -> dict[str, Any]:
    label = {"show": True, "position": "right", "formatter": signed(bar.change, plus=not bar.is_sum)}
    return {"value": abs(bar.change) / 100, "label": label}


def signed(centi: int, *, plus: bool = True) -> str:
    """Points of hundredths with one digit and a sign; 0.0 has none."""
    text = f"{abs(centi) / 100:.1f}"
    if text == "0.0":
        return text
    return f"−{text}" if centi < 0 else f"+{text}" if plus else text


def percent(share: float) -> str:
    """A share of 1 in percent, with two digits at most."""
    return f"{share * 100:.2f}".rstrip("0").rstrip(".")


def explained(part: Part) -> list[str]:
    """How a part's points follow from its numbers, step by step, in sentences."""
    if not part.denominator:
        return [
            _("Nothing to measure in this period, so what is usual counts: %(rate)s %%.", rate=percent(part.counted)),
            _bounds(part),
        ]
    said = [
        _("%(numerator)s of %(denominator)s = %(rate)s %%.", numerator=part.numerator, denominator=part.denominator,
          rate=percent(part.numerator / part.denominator))
    ]  # fmt: skip
    if abs(part.shift) >= 0.00005:
        text = (
            _("Neighbourhoods like this reach %(less)s percentage points less than others, which are added.",
              less=percent(part.shift))
            if part.shift > 0
            else _("Neighbourhoods like this reach %(more)s percentage points more than others, which are taken off.",
                   more=percent(-part.shift))
        )  # fmt: skip
        said.append(text)
    if part.usual is not None and part.usual_n:
        said.append(
            _("Peers usually reach %(usual)s %%; that weighs as much as %(many)s observations, so that small numbers do"
              " not decide: %(rate)s %% counts.",
              usual=percent(part.usual), many=f"{part.usual_n:.1f}".rstrip("0").rstrip("."),
              rate=percent(part.counted))
        )  # fmt: skip
    said.append(_bounds(part))
    if part.is_below_floor:
        said.append(_("Below the floor of %(floor)s %%: the tier cannot rise above bronze.",
                      floor=percent((part.floor_bps or 0) / 10_000)))  # fmt: skip
    return said


def _bounds(part: Part) -> str:
    return _(
        "%(worst)s %% earns nothing, %(target)s %% earns all %(points)s points.",
        worst=percent(part.worst_bps / 10_000), target=percent(part.target_bps / 10_000), points=part.points_max,
    )  # fmt: skip


def advice(card: ScorecardCard, most: int = 3) -> list[Part]:
    """The parts in which a realistic step would raise the score most, best first."""
    worth = [part for part in card.parts if part.step_centi > 0]
    return sorted(worth, key=lambda part: -part.step_centi)[:most]


def step_words(part: Part) -> str:
    """A realistic step and what it would earn."""
    points = signed(part.step_centi)
    if part.step < 0:
        return _("%(num)s fewer of %(all)s: %(points)s points.", num=-part.step, all=part.denominator, points=points)
    return _("%(num)s more of %(all)s: %(points)s points.", num=part.step, all=part.denominator, points=points)


def link_words(link: Link) -> str:
    """What a correlation says, in words that do not promise more than it shows."""
    if link.r is None:
        return _("Too few leaders, or too alike, to say anything.")
    if link.low <= 0 <= link.high:
        return _("No dependence is shown: what is seen may be chance.")
    strength = abs(link.r)
    if strength < 0.3:
        return _("A weak dependence that is more than chance.")
    if strength < 0.5:
        return _("A moderate dependence: look at the policy.")
    return _("A strong dependence: this policy is not fair yet.")
