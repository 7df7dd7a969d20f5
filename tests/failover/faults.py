"""The faults: each breaks one thing, waits until it is over, and mends what it broke."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.failover import nodes as of_nodes
from tests.failover.cluster import Cluster, Member, wait_until
from tests.failover.nodes import Nodes
from tests.failover.processes import send, with_children

TTL_SECONDS = 20.0
LONGEST_GAP_SECONDS = TTL_SECONDS + 5
LONGEST_SWITCHOVER_SECONDS = 5.0
FROZEN_STANDBY_SECONDS = 15.0
# So that writes are acknowledged that no standby has, where that is possible.
STOPPED_RECEIVERS_SECONDS = 2.0
AFTER_NODE_SECONDS = 2.0
FROZEN_NODE_SECONDS = 6.0


@dataclass(frozen=True)
class Fault:
    """What is broken, by a function that returns after how many seconds another member was promoted; None for none."""

    name: str
    says: str
    strike: Callable[[Cluster, Nodes], float | None]
    longest_gap: float = LONGEST_GAP_SECONDS
    cuts: bool = False
    """Whether requests that a node was working on may stay without an answer."""


def _member_killed(cluster: Cluster, _: Nodes) -> float:
    leader = cluster.leader()
    leader.kill()
    return _promoted(cluster, leader, then=leader.start)


def _member_frozen(cluster: Cluster, _: Nodes) -> float:
    leader = cluster.leader()
    frozen = leader.pids()
    send(signal.SIGSTOP, *frozen)
    return _promoted(cluster, leader, then=lambda: send(signal.SIGCONT, *reversed(frozen)))


def _postmaster_killed(cluster: Cluster, _: Nodes) -> float:
    leader = cluster.leader()
    send(signal.SIGKILL, leader.postmaster)
    return _promoted(cluster, leader)


def _patroni_frozen(cluster: Cluster, _: Nodes) -> float:
    leader = cluster.leader()
    send(signal.SIGSTOP, leader.patroni)
    return _promoted(cluster, leader, then=lambda: send(signal.SIGCONT, leader.patroni))


def _switchover(cluster: Cluster, _: Nodes) -> float:
    leader = cluster.leader()
    began = time.monotonic()
    cluster.switch_over()
    _promoted(cluster, leader)
    return time.monotonic() - began


def _standby_frozen(cluster: Cluster, _: Nodes) -> None:
    standby = cluster.synchronous_standby()
    frozen = standby.pids()
    send(signal.SIGSTOP, *frozen)
    time.sleep(FROZEN_STANDBY_SECONDS)
    send(signal.SIGCONT, *reversed(frozen))


def _all_standbys_frozen(cluster: Cluster, _: Nodes) -> None:
    leader = cluster.leader()
    frozen = [pid for member in cluster.members if member is not leader for pid in member.pids()]
    send(signal.SIGSTOP, *frozen)
    time.sleep(FROZEN_STANDBY_SECONDS)
    send(signal.SIGCONT, *reversed(frozen))


def _wal_receivers_stopped(cluster: Cluster, _: Nodes) -> float:
    leader = cluster.leader()
    receivers = [pid for member in cluster.members if member is not leader for pid in member.wal_receivers()]
    assert len(receivers) == 2, receivers
    send(signal.SIGSTOP, *receivers)
    time.sleep(STOPPED_RECEIVERS_SECONDS)
    leader.kill()
    # Continued, they would still read what is in the buffers of their sockets.
    send(signal.SIGKILL, *receivers)
    return _promoted(cluster, leader, then=leader.start)


def _node_killed(_: Cluster, nodes: Nodes) -> None:
    of_nodes.kill(nodes.nodes[1])
    time.sleep(AFTER_NODE_SECONDS)
    nodes.nodes[1].start()


def _node_stopped(_: Cluster, nodes: Nodes) -> None:
    of_nodes.stop(nodes.nodes[1])
    time.sleep(AFTER_NODE_SECONDS)
    nodes.nodes[1].start()


def _node_frozen(_: Cluster, nodes: Nodes) -> None:
    process = nodes.nodes[1].process
    assert process is not None
    frozen = with_children(process.pid)
    send(signal.SIGSTOP, *frozen)
    time.sleep(FROZEN_NODE_SECONDS)
    send(signal.SIGCONT, *reversed(frozen))


def _promoted(cluster: Cluster, former: Member, *, then: Callable[[], object] = lambda: None) -> float:
    seconds = wait_until(lambda: cluster.promoted(former), "a member is promoted", 60)
    then()
    return seconds


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("member", "member killed", _member_killed),
        Fault("frozen", "member frozen", _member_frozen),
        Fault("postmaster", "postmaster alone killed", _postmaster_killed),
        Fault("patroni", "Patroni alone frozen (split brain)", _patroni_frozen),
        Fault("switchover", "switchover, planned", _switchover, LONGEST_SWITCHOVER_SECONDS),
        Fault("standby", "synchronous standby frozen 15 s", _standby_frozen),
        Fault("standbys", "both standbys frozen 15 s", _all_standbys_frozen),
        Fault("walreceivers", "WAL receivers stopped, member killed", _wal_receivers_stopped),
        Fault("node", "node killed", _node_killed, LONGEST_SWITCHOVER_SECONDS, cuts=True),
        Fault("frozennode", "node frozen 6 s", _node_frozen, LONGEST_SWITCHOVER_SECONDS, cuts=True),
        Fault("upgrade", "node stopped and started", _node_stopped, LONGEST_SWITCHOVER_SECONDS),
    )
}
