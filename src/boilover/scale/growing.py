"""Trees grown on the workers of a Dask cluster, each holding a part of the rows (LightGBM's data-parallel learner).

All else of a training stays where it is. Every worker sees all rows that training stops on, and so stops at the same
round; which bins a number falls into is found from the parts, so the trees are as good as one machine's, not the same.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boilover.errors import UsageError
from boilover.scale.engines import dask_client

if TYPE_CHECKING:
    import lightgbm

    from boilover.model.boosting import Labelled

LOST_MINUTES = 2
"""How long workers wait for each other."""
LOOK_SECONDS = 0.2
"""Between two looks whether all of them are done, and there."""


@contextmanager
def grown_on(cluster: str | None) -> Iterator[None]:
    """Grow all trees of this process on ``dask://host:port`` while the block runs; without a name, here.

    Raises `UsageError` for another cluster, where it does not answer, and where it loses a worker meanwhile.
    """
    from boilover.model.boosting import grown_by

    if cluster is None:
        yield
        return
    if not cluster.startswith("dask://"):
        raise UsageError(f"'{cluster}': trees are grown on a Dask cluster. Name dask://host:port")
    address = "tcp://" + cluster.removeprefix("dask://")

    with dask_client(address) as client, grown_by(partial(_grow, client)):
        yield


def _grow(
    client: Any, parameters: Mapping[str, Any], rows: Labelled, later: Labelled | None, rounds: int
) -> lightgbm.Booster:
    import lightgbm

    threads = client.nthreads()
    try:
        text, best = _together(client, threads, parameters, rows, later, rounds)
    except Exception as error:
        # One loss shows in many ways; what matters is that the worker is gone.
        if _are_there(client, threads):
            raise
        raise UsageError("a worker was lost while trees grew. Train again") from error
    booster = lightgbm.Booster(model_str=text)
    booster.best_iteration = best
    return booster


def _together(
    client: Any,
    threads: Mapping[str, int],
    parameters: Mapping[str, Any],
    rows: Labelled,
    later: Labelled | None,
    rounds: int,
) -> tuple[str, int]:
    workers = sorted(threads)
    ports = client.run(_free_port, workers=workers)
    machines = [f"{urlsplit(worker).hostname}:{ports[worker]}" for worker in workers]
    # As many threads everywhere: sums in another order could let one worker stop at another round.
    told = {**parameters, "num_threads": min(threads.values())} | _network(machines)
    stop = None if later is None else client.scatter(later, broadcast=True)
    grown = []
    for place, worker in enumerate(workers):
        # Every so many-th row: parts of one size, alike in what they hold.
        part = client.scatter(rows.every(len(workers), place), workers=[worker])
        own = told | {"local_listen_port": ports[worker]}
        grown.append(client.submit(_grow_part, own, part, stop, rounds, workers=[worker], pure=False))
    while not all(each.done() for each in grown):
        time.sleep(LOOK_SECONDS)
        if not _are_there(client, workers):
            # The others would wait for it.
            client.cancel(grown, force=True)
            raise ConnectionError
    found: tuple[str, int] = client.gather(grown)[0]
    return found


def _are_there(client: Any, workers: Iterable[str]) -> bool:
    return set(workers) <= set(client.nthreads())


def _grow_part(
    parameters: Mapping[str, Any], rows: Labelled, later: Labelled | None, rounds: int
) -> tuple[str, int]:
    """Grow the trees together with the other workers; return all of them as text, and the best round."""
    from boilover.model.boosting import grow_here

    booster = grow_here(parameters, rows, later, rounds)
    booster.free_network()
    return booster.model_to_string(num_iteration=-1), booster.best_iteration


def _network(machines: list[str]) -> dict[str, Any]:
    if len(machines) < 2:
        return {}
    return {
        "machines": ",".join(machines),
        "num_machines": len(machines),
        "tree_learner": "data",
        "pre_partition": True,
        "time_out": LOST_MINUTES,
    }


def _free_port() -> int:
    with socket.create_server(("", 0)) as free:
        return int(free.getsockname()[1])
