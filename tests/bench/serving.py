"""The stacks there are, and all servers of a run: one nginx, and an application server for each stack behind it."""
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.bench import nginx, running, stacks
from tests.bench.measuring import WARM_UP, Series, measure
from tests.bench.prepared import Site
from tests.bench.proof import prove
from tests.bench.scenarios import KEPT, SCENARIOS
from tests.bench.stacks import Stack

REMEMBERS = 5
"""Seconds for which nginx keeps a yes, where it does."""
Maker = Callable[[int, Path, Site], Stack]
STACKS: dict[str, Maker] = {
    "nginx": lambda port, run, _site: stacks.nginx_alone(port, run),
    "empty": lambda port, run, _site: stacks.empty_view(port, run),
    "prototype": stacks.prototype,
    "privmedia": stacks.privmedia_uwsgi,
    "gunicorn": stacks.privmedia_gunicorn,
    KEPT: partial(stacks.privmedia_uwsgi, key=KEPT, remembers=REMEMBERS),
    "gkept": partial(stacks.privmedia_gunicorn, key="gkept", remembers=REMEMBERS),
    "django": stacks.django,
    "copyparty": stacks.copyparty,
}
"""By their keys, in their order in the tables."""
ASIDE: dict[str, Maker] = {"handed": stacks.privmedia_handed_over}
"""Only for receiving."""
OTHERS = ("django", "copyparty")
"""What is not ours, and has to be installed first."""


@contextlib.contextmanager
def serving(site: Site, run: Path, keys: Sequence[str]) -> Iterator[dict[str, tuple[Stack, int]]]:
    """nginx and the stacks behind it: each with the process that was started for it (0: none)."""
    makers = {key: maker for key, maker in (STACKS | ASIDE).items() if key in keys}
    ports = running.free_ports(len(makers))
    made = [maker(port, run, site) for port, maker in zip(ports, makers.values(), strict=True)]
    with contextlib.ExitStack() as servers:
        processes = {
            stack.key: (stack, servers.enter_context(running.started(stack, run)).pid if stack.command else 0)
            for stack in made
        }
        configuration = nginx.write(made, run, site.media_root)
        servers.enter_context(running.nginx(nginx.command(configuration), run, made[0].port))
        yield processes


def speeds(
    site: Site,
    run: Path,
    *,
    keys: Sequence[str],
    scenarios: Sequence[str],
    rounds: int,
    seconds: float,
    warm_up: float = WARM_UP,
) -> Iterator[tuple[list[Stack], Series]]:
    """Every scenario, one after another, with the stacks that were measured."""
    with serving(site, run, keys) as processes:
        made = [stack for stack, _ in processes.values()]
        for stack in made:
            prove(stack, site.library, site.media_root / "private")
        for key in scenarios:
            yield made, measure(
                made, site.library, run, SCENARIOS[key], rounds=rounds, seconds=seconds, warm_up=warm_up
            )
