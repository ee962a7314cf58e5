"""How each kind of change is done and undone."""

from __future__ import annotations

from collections.abc import Mapping

from ergon_ops.changes.deeds.deed import Arrival, Case, Deed, Words
from ergon_ops.changes.deeds.limits import Limits
from ergon_ops.changes.deeds.network import Connect
from ergon_ops.changes.deeds.recreate import Recreate
from ergon_ops.changes.deeds.running import VERBS
from ergon_ops.changes.deeds.setting import AppSetting

__all__ = ["DEEDS", "Arrival", "Case", "Deed", "Words"]

LIMITS = ("set_memory_limit", "set_cpu_limit", "set_cpu_shares", "set_pids_limit")
DEEDS: Mapping[str, Deed] = {
    **{kind: Limits() for kind in LIMITS},
    "set_restart_policy": Limits(state="any"),  # it may be what ends a crash loop
    **{verb.name: verb for verb in VERBS},
    "connect_network": Connect(),
    "app_setting": AppSetting(),
    "recreate": Recreate(),
}
