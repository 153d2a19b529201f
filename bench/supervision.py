"""Measure the trigger rules on a month of orders: python bench/supervision.py --orders 400000

Fills a fresh installation with a month of orders, sets thirty rules, and measures in CPU seconds of
this process (and the wall clock): finding a month's hits from cold, acting on them, one turn with
nothing new, one turn with an hour's news, a dry run of each rule. The last line is JSON.
"""

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def fill(orders: int, folder: Path) -> dict[str, str]:
    """A fresh installation with a month of orders; its environment."""
    env = {**os.environ, "JIESU_VAR": str(folder), "JIESU_DEBUG": "0", "JIESU_ENV": "development"}
    until = dt.datetime.now().strftime("%Y-%m-%dT%H:%M")  # noqa: DTZ005 - the command's own zone
    for argv in (
        ("migrate", "-v", "0"),
        ("simulate", "--bulk", "--orders", str(orders), "--days", "31", "--seed", "1",
         "--until", until),
    ):  # fmt: skip
        subprocess.run([sys.executable, "-m", "jiesu", *argv], env=env, check=True,
                       stdout=sys.stderr)  # fmt: skip
    return env


def spent(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What it gave, and what it cost."""
    cpu, wall = time.process_time(), time.perf_counter()
    given = work()
    return given, {
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "wall_seconds": round(time.perf_counter() - wall, 2),
    }


def measure() -> dict[str, Any]:
    """The figures of the installation that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")
    import django

    django.setup()
    from jiesu.accounts.actors import actor_for
    from jiesu.accounts.models import Post
    from jiesu.appeals.models import Appeal, Event
    from jiesu.foundation import clock
    from jiesu.organizations.models import Unit
    from jiesu.supervision import engine, rules
    from jiesu.supervision.models import Hit, TriggerMark, TriggerRule
    from jiesu.supervision.rules import Wish

    at = clock.now()
    offices = Unit.objects.filter(kind=Unit.Kind.OFFICE).select_related("region")
    office = min(offices, key=lambda unit: len(unit.region.path))
    post = Post.objects.select_related("user", "unit__region").filter(
        unit=office, role="supervisor"
    ).first()  # fmt: skip
    assert post is not None
    actor = actor_for(post)
    begin = at - dt.timedelta(days=31)
    wishes = [
        *(Wish(f"黄牌 {c}", "yellow", "urge", "请抓紧", clock=c)
          for c in ("open", "sign", "contact", "handle", "review")),
        *(Wish(f"红牌 {c}", "breached", "urge", "已超期", clock=c)
          for c in ("open", "sign", "contact", "handle", "callback")),
        *(Wish(f"超期 {n} 日 {c}", "overdue", "clue", "督办", clock=c, amount=n)
          for c in ("sign", "handle") for n in (1, 2, 3, 5)),
        *(Wish(f"重办 {n}", "redo", "clue", "督办", amount=n) for n in (1, 2, 3)),
        *(Wish(f"退回 {n}", "sent_back", "clue", "督办", amount=n) for n in (1, 2)),
        *(Wish(f"不满意 {n}", "dissatisfied", "clue", "督办", amount=n) for n in (1, 2)),
        *(Wish(f"不当退单 {n}", "improper_return", "clue", "线索", amount=n) for n in (1, 2)),
        *(Wish(f"反复 {n}", "repeated", "clue", "督办", amount=n, days=30) for n in (2, 3)),
        Wish("未处置", "not_acted_on", "clue", "督办", amount=120, event="redo",
             answered_by="send_back,call_back"),
    ]  # fmt: skip
    for wish in wishes:
        rules.set_rule(wish, actor=actor, at=begin)
    keys = list(TriggerRule.objects.values_list("key", flat=True))
    figures: dict[str, Any] = {
        "orders": Appeal.objects.count(), "events": Event.objects.count(), "rules": len(keys),
    }  # fmt: skip
    _, figures["month_found_from_cold"] = spent(lambda: [engine.look(key, at) for key in keys])
    figures["hits"] = Hit.objects.count()
    _, figures["nothing_new"] = spent(
        lambda: [engine.look(key, at + dt.timedelta(minutes=1)) for key in keys]
    )
    TriggerMark.objects.update(upto=at - dt.timedelta(hours=1))
    _, figures["an_hours_news"] = spent(
        lambda: [engine.look(key, at + dt.timedelta(minutes=2)) for key in keys]
    )
    ran = engine.Ran()
    _, figures["acting_on_2000_hits"] = spent(lambda: [engine.act(at, ran) for _ in range(4)])
    figures["acted"] = ran.acted
    slowest: dict[str, float] = {}
    for rule in TriggerRule.objects.select_related("office__region", "region"):
        _, cost = spent(lambda rule=rule: engine.dry_run(rule, begin, at))
        slowest[rule.name] = cost["cpu_seconds"]
    figures["slowest_dry_run_cpu_seconds"] = max(slowest.values())
    figures["dry_runs_cpu_seconds"] = round(sum(slowest.values()), 2)
    return figures


def main() -> None:
    """Fill, then measure in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--measure-only", action="store_true")
    given = parser.parse_args()
    if given.measure_only:
        print(json.dumps(measure(), ensure_ascii=False))
        return
    with tempfile.TemporaryDirectory(prefix="jiesu-bench-") as folder:
        env = fill(given.orders, Path(folder))
        subprocess.run([sys.executable, __file__, "--measure-only"], env=env, check=True)


if __name__ == "__main__":
    main()
