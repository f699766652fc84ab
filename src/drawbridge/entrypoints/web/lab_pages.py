"""The lab: try a strategy on the past, search for settings, read the sheet, make a robot of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form
from drawbridge.entrypoints.pages.site import LEAVE, Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.lab_views import chart_of, view_sheet, view_trial
from drawbridge.entrypoints.web.strategy_fields import (
    GUARD,
    SETTING,
    are_guards_told,
    field_names,
    gallery,
    keep_fields,
    read_guards,
    read_settings,
    refused_with_strategy,
    strategy_facts,
)
from drawbridge.lab.model import AS_STORED, USUAL_TERMS, TrialWish
from drawbridge.lab.store import Ordered
from drawbridge.robots.backtest.terms import FeeIn, Judged
from drawbridge.robots.model import INTERVALS, Direction
from drawbridge.robots.search.manner import Method, Objective
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import Strategy
from drawbridge.wording.say import say

_TEXTS: Final = (
    *("candles", "interval", "last"),
    *("method", "objective", "tries", "folds", "out_of_sample"),
)
_TERMS: Final = (
    *("symbol", "direction", "judged", "amount", "cash", "fee", "fee_in", "spread", "slippage"),
    *("volume_share", "funding", "quantity_step"),
)
_VARY: Final = "vary."


@dataclass(frozen=True, slots=True)
class LabPages:
    """The pages of the lab."""

    site: Site
    house: House

    async def show_all(self, visit: Visit) -> Response:
        """List the person's trials."""
        trials = await self.house.lab.list_trials(visit.person.account)
        facts: dict[str, object] = {"trials": [view_trial(trial) for trial in trials]}
        return self.site.page(visit, "lab/list.html", facts)

    async def show_new(self, visit: Visit) -> Response:
        """Show all strategies, or the form for the one that was chosen."""
        query = visit.request.query_params
        if "strategy" not in query:
            return self.site.page(visit, "lab/choose.html", {"gallery": gallery()})
        strategy = get_strategy(query["strategy"])
        return self._form(visit, strategy, Form(dict(query)))

    async def order(self, visit: Visit, fields: Fields) -> Response:
        """Order a trial."""
        strategy = get_strategy(fields.line("strategy"))
        names = (*_TEXTS, *_TERMS, *field_names(strategy), *_vary_names(strategy))
        wish = _wish(fields, strategy)
        try:
            ordered = await self.house.lab.order(visit.person.account, wish)
        except DrawbridgeError as error:
            form = refused_with_strategy(error, names, keep_fields(fields, names))
            return self._form(visit, strategy, form, error.http_status)
        return go(f"/lab/{ordered.id}")

    async def show(self, visit: Visit) -> Response:
        """Show a trial with all that came of it."""
        return self.site.page(visit, "lab/show.html", await self._facts(visit))

    async def show_progress(self, visit: Visit) -> Response:
        """Show only how far it is; once it has ended, ask the page to be read anew."""
        trial = await self._trial(visit)
        answer = self.site.page(visit, "lab/progress.html", {"trial": view_trial(trial)})
        if not trial.is_at_work:
            answer.headers.update(LEAVE)
        return answer

    async def show_chart(self, visit: Visit) -> Response:
        """Give candles, trades and equity as JSON."""
        sheet = await self.house.lab.get_sheet(visit.person.account, _id(visit))
        return Response(orjson.dumps(chart_of(sheet)), media_type="application/json")

    async def show_json(self, visit: Visit) -> Response:
        """Give the whole sheet as a script reads it."""
        sheet = await self.house.lab.get_sheet(visit.person.account, _id(visit))
        return Response(orjson.dumps(sheet), media_type="application/json")

    async def stop(self, visit: Visit, _fields: Fields) -> Response:
        """Stop a trial that is under way."""
        await self.house.lab.stop(visit.person.account, _id(visit))
        return go(f"/lab/{_id(visit)}", "trial_stopped")

    async def delete(self, visit: Visit, _fields: Fields) -> Response:
        """Delete a trial."""
        await self.house.lab.delete(visit.person.account, _id(visit))
        return go("/lab", "trial_deleted")

    async def apply(self, visit: Visit, _fields: Fields) -> Response:
        """Lead to the form of a robot with exactly these settings (scenario 65)."""
        trial = await self._trial(visit)
        sheet = await self.house.lab.get_sheet(visit.person.account, trial.id)
        if not sheet:
            raise Conflict("trial_not_done")
        return go(f"/robots/new?{urlencode(_applied(trial, sheet))}")

    async def _facts(self, visit: Visit) -> dict[str, object]:
        trial = await self._trial(visit)
        sheet = await self.house.lab.get_sheet(visit.person.account, trial.id)
        return {
            "trial": view_trial(trial),
            "sheet": view_sheet(sheet) if sheet else None,
            "again": urlencode(_as_query(trial.wish)),
        }

    async def _trial(self, visit: Visit) -> Ordered:
        return await self.house.lab.get_trial(visit.person.account, _id(visit))

    def _form(self, visit: Visit, strategy: Strategy, form: Form, status: int = 200) -> Response:
        intervals = [(AS_STORED, say("lab.as_stored")), *((name, name) for name in INTERVALS)]
        facts = {
            "form": form,
            **strategy_facts(strategy),
            "guards_open": are_guards_told(form),
            "candles": self.house.lab.shelf.names(),
            "intervals": intervals,
            "directions": [(it.value, say(f"robots.direction.{it.value}")) for it in Direction],
            "judged": [(it.value, say(f"lab.judged.{it.value}")) for it in Judged],
            "methods": [(it.value, say(f"lab.method.{it.value}")) for it in Method],
            "objectives": [(it.value, say(f"lab.objective.{it.value}")) for it in Objective],
            "default": {**USUAL_TERMS, **TrialWish().told()},
            "fees_in": [(it.value, say(f"lab.fee_in.{it.value}")) for it in FeeIn],
            "searching": any(form.values.get(name) for name in _vary_names(strategy)),
        }
        return self.site.page(visit, "lab/new.html", facts, status)


def _wish(fields: Fields, strategy: Strategy) -> TrialWish:
    """Read the form; what was left empty has its default."""
    texts = {name: text for name in _TEXTS if (text := fields.line(name))}
    vary = {
        name.removeprefix(_VARY): text
        for name in _vary_names(strategy)
        if (text := fields.line(name))
    }
    return TrialWish(
        strategy=strategy.id,
        settings=read_settings(fields, strategy),
        guards=read_guards(fields),
        terms={name: text for name in _TERMS if (text := fields.line(name))},
        vary=vary,
        **texts,
    )


def _vary_names(strategy: Strategy) -> tuple[str, ...]:
    return tuple(_VARY + it.name for it in strategy.parameters if not it.choices)


def _as_query(wish: TrialWish) -> dict[str, str]:
    """Give an order as the form's own address, so that it can be changed and ordered again."""
    told = wish.told()
    return {
        **{name: told[name] for name in ("strategy", *_TEXTS) if told[name]},
        **wish.terms,
        **{SETTING + name: value for name, value in wish.settings.items()},
        **{GUARD + name: value for name, value in wish.guards.items()},
        **{_VARY + name: value for name, value in wish.vary.items()},
    }


def _applied(trial: Ordered, sheet: Mapping[str, Any]) -> dict[str, str]:
    """Give the form of a robot what the trial ran with, found settings in place of searched."""
    wish = trial.wish
    return {
        "strategy": wish.strategy,
        "symbol": sheet["market"],
        "amount": wish.terms.get("amount", USUAL_TERMS["amount"]),
        "direction": wish.terms.get("direction", "long"),
        **({} if wish.interval == AS_STORED else {"interval": wish.interval}),
        **{SETTING + name: str(it) for name, it in sheet["settings"].items()},
        **{GUARD + name: str(it) for name, it in sheet["guards"].items()},
    }


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["trial"])
