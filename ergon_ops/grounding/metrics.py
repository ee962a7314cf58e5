"""Which facts a number can be: by dimension, by what it is said of, and by its part in it. Formulas are `Index`'s."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily

# What a number is said of → the words that say so.
RESOURCES: dict[str, str] = {
    "swap": r"swap\w*",
    "cache": r"page[- ]cache|file cache|cached?|inactive file\w*|buffers?",
    "shm": r"shm|/dev/shm|shared memory",
    "memory": r"memory|mem|ram|total usage|working set|rss|resident|heap|footprint",
    "throttle": r"throttl\w+|scheduler periods?|periods",
    "cpu": r"cpus?|processor|compute|vcpus?|processing power|cores?",
    "inode": r"inodes?",
    "disk": r"disks?|filesystems?|file systems?|volumes?|mounts?|mounted|storage|partition|disk space",
    "read": r"reads?(?: from)?(?: disk)?|disk reads?",
    "write": r"writes?|wrote|written|disk writes?",
    "received": r"(?<=\bi )(?:gets?|got)(?= (?:about |roughly )?\d)|received|receives?|receiving|inbound|incoming|"
    r"download\w*|rx|ingress",
    "sent": r"sent|sends?|sending|outbound|outgoing|upload\w*|tx|egress|transmit\w*",
    "network": r"network|traffic|bandwidth",
    "pids": r"process(?:es)?|threads?|pids?|tasks?",
    "pressure": r"pressure|stalled|psi",
    "load": r"load(?: average)?",
    "errors": r"errors?(?: rate| lines?)?",
}
RESOURCE = lazily("|".join(rf"(?P<{name}>(?<![\w/-])(?:{words})(?!\w))" for name, words in RESOURCES.items()), re.I)
LIMIT_BEFORE = lazily(
    r"(?:limit(?:s|ed)?(?: value| size)?|cap(?:ped|s)?|max(?:imum)?|quota|ceiling|allow(?:ed|ance)|allocat(?:ed|ion)|"
    r"assigned|bound|size|total|(?<!add )(?<!adds )up to|at most|out of|available to (?:me|it)|budget|"
    r"upper bound|granted|restricted|\b(?:may|can) (?:use|take|have))"
    r"(?:\s+(?:of|is|are|at|to|set|currently|was|being|just|only|about|around|roughly|a|an|it|for|me|memory|the|by|cpu|"
    r"in|total|size|limit|cap|container|with|approximately|exactly|stands|has|been|configured|as)\b|\s*[:=(~≈]|\s+)*$",
    re.I,
)
LIMIT_AFTER = lazily(
    r"^\s*\)?\s*(?:(?:of )?(?:memory|cpu|ram|hard|soft|process|pids?|mem|total|upper|swap|-)\s*){0,2}"
    r"(?:limit|cap|max(?:imum)?|quota|ceiling|total|allowance|allocat(?:ed|ion)|allowed|budget|in total|"
    r"in size|at most|upper bound)\b"
    r"|^\s*(?:of )?(?:memory|ram|cpu)?\s*(?:that )?(?:i(?:'m| am)|it(?:'s| is)) (?:allowed|given|allotted)|^-\w+ limit",
    re.I,
)
LEFT_BEFORE = lazily(
    r"(?:left|free|available|remaining|headroom|margin|spare|room|unused|to go|room for|could (?:still )?(?:use|take|"
    r"grow by))\b[^\d,;.]{0,24}$",
    re.I,
)
LEFT_AFTER = lazily(
    r"^[^\d,;.()]{0,28}\b(?:left|free|available|remain(?:s|ing)?|headroom|to spare|spare|unused|of room|"
    r"more before|more until|(?:until|to|short of) (?:its|my|the) (?:\w+ )?(?:limit|cap|ceiling)|"
    r"before (?:it|i|the) (?:hits?|reach\w*))\b",
    re.I,
)
OWNED = lazily(
    r"\b(?:ha(?:s|ve)|got|given|gets?|allocated|assigned|granted|comes with|with) (?:a |about |only |just |exactly )*$",
    re.I,
)
USED_NEAR = lazily(r"\b(?:us(?:e|es|ed|ing|age)|in use|consum\w+|taken|occup\w+|filled|utili[sz]\w+)\b", re.I)

THROUGH = lazily(
    r"\s*(?:comes? |coming |goes? |going |flows? |flowing )?(?:(?P<received>in|down)|(?P<sent>out|up))(?:bound|"
    r"coming|going)?(?=\s*(?:[,.;)/]|and\b|$))",
    re.I,
)
# (dimension, resource, part) → formulas; part "" is what is used.
METRICS: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("bytes", "memory", ""): ("memory_working_set",),
    ("bytes", "memory", "limit"): ("memory_limit",),
    ("bytes", "memory", "left"): ("memory_limit-memory_working_set",),
    ("bytes", "cache", ""): ("memory_inactive_file",),
    ("bytes", "swap", ""): ("memory_swap",),
    ("bytes", "swap", "limit"): ("memory_swap_limit",),
    ("bytes", "shm", ""): ("shm_size", "fs_used"),
    ("bytes", "shm", "limit"): ("shm_size",),
    ("bytes", "disk", ""): ("fs_used",),
    ("bytes", "disk", "limit"): ("fs_size",),
    ("bytes", "disk", "left"): ("fs_size-fs_used",),
    ("bytes", "received", "limit"): ("network_rx", "network_rx+network_tx"),
    ("bytes", "sent", "limit"): ("network_tx", "network_rx+network_tx"),
    ("bytes", "read", ""): ("block_read",),
    ("bytes", "write", ""): ("block_write",),
    ("bytes", "received", ""): ("network_rx",),
    ("bytes", "sent", ""): ("network_tx",),
    ("bytes", "network", ""): ("network_rx", "network_tx", "network_rx+network_tx"),
    ("rate", "read", ""): ("block_read_rate",),
    ("rate", "write", ""): ("block_write_rate",),
    ("rate", "disk", ""): ("block_read_rate", "block_write_rate", "block_read_rate+block_write_rate"),
    ("rate", "received", ""): ("network_rx_rate",),
    ("rate", "sent", ""): ("network_tx_rate",),
    ("rate", "network", ""): ("network_rx_rate", "network_tx_rate", "network_rx_rate+network_tx_rate"),
    ("ratio", "memory", ""): ("memory_ratio", "memory_working_set/memory_limit"),
    ("ratio", "memory", "left"): ("1-memory_ratio",),
    ("ratio", "cpu", ""): ("cpu_ratio", "cpu_usage", "cpu_usage/cpu_limit"),
    ("ratio", "cpu", "limit"): ("cpu_limit", "cpu_ratio"),
    ("ratio", "cpu", "left"): ("1-cpu_ratio",),
    ("ratio", "throttle", ""): ("cpu_throttled_ratio", "cpu_throttled_lifetime"),
    ("ratio", "throttle", "left"): ("1-cpu_throttled_ratio",),
    ("ratio", "disk", ""): ("fs_used_ratio", "fs_used/fs_size"),
    ("ratio", "disk", "left"): ("1-fs_used_ratio",),
    ("ratio", "shm", ""): ("fs_used_ratio",),
    ("ratio", "inode", ""): ("fs_inode_ratio",),
    ("ratio", "inode", "left"): ("1-fs_inode_ratio",),
    ("ratio", "pids", ""): ("pids/pids_limit",),
    ("ratio", "errors", ""): ("log_errors/log_lines",),
    ("cores", "cpu", ""): ("cpu_usage",),
    ("cores", "cpu", "limit"): ("cpu_limit",),
    ("cores", "cpu", "left"): ("cpu_limit-cpu_usage",),
}
# The same of the host, where it is spoken of.
HOST_METRICS: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("bytes", "memory", ""): ("host_memory-host_memory_available", "host_memory"),
    ("bytes", "memory", "limit"): ("host_memory",),
    ("bytes", "memory", "left"): ("host_memory_available",),
    ("ratio", "memory", ""): ("1-host_memory_available/host_memory",),
    ("ratio", "memory", "left"): ("host_memory_available/host_memory",),
    ("ratio", "disk", ""): ("host_disk_used_ratio",),
    ("ratio", "disk", "left"): ("1-host_disk_used_ratio",),
    ("ratio", "inode", ""): ("host_inode_ratio",),
    ("ratio", "pressure", ""): ("host_pressure",),
    ("cores", "cpu", ""): ("host_cpus",),
    ("cores", "cpu", "limit"): ("host_cpus",),
    ("count", "load", ""): ("host_load",),
    ("count", "cpu", ""): ("host_cpus",),
}
# Of a container, but measured against the host.
OF_HOST: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("ratio", "memory", ""): ("memory_host_ratio",),
    ("ratio", "cpu", ""): ("cpu_ratio",),
}
# What is counted, by its noun → formulas (`#name[value|value]` counts rows). Order matters: the longest noun first.
UP, DOWN = "[listening|running]", "[down]"
COUNTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"oom[- ]?kills?|kills?\b|kernel kills?", ("memory_oom_kills",)),
    (r"restarts?(?: so far| attempts?)?|reboots?|times? restarted", ("restart_count",)),
    (r"restart (?:retries|attempts)|retries|attempts|tries", ("restart_max", "health_retries", "restart_count")),
    (
        r"(?:health)?(?:check)? ?failures?|failed (?:health ?)?checks?|failing (?:health ?)?checks?|"
        r"(?:consecutive|failing|failed) \w+|fails?|in a row|straight|misses",
        ("health_streak", "memory_failures"),
    ),
    (
        r"(?:log )?error(?:s| lines?| messages?| entries| logs?| events?)?(?: lines?| messages?)?|"
        r"lines? (?:at|of) (?:level )?error",
        ("log_errors", "@errors"),
    ),
    (r"warnings?(?: lines?)?", ("@warnings",)),
    (
        r"kinds?|groups?|patterns?|templates?|types? of (?:log )?(?:lines|messages)|distinct \w+|"
        r"different (?:log )?(?:lines|messages)",
        ("#log_template",),
    ),
    (
        r"(?:log )?(?:lines?|entries|messages)(?: of logs?)?|logs\b|info (?:lines?|messages?)",
        ("log_lines", "@template", "log_errors"),
    ),
    (
        r"down services?|(?:of (?:its|my|the|these) )?services? (?:(?:is|are) )?(?:down|dead|stopped|not running)",
        ("#serving" + DOWN,),
    ),
    (
        r"(?:running |active |healthy |listening )?(?:services?|programs?|servers?|daemons?)",
        ("#serving" + UP, "#serving", "@programs"),
    ),
    (r"more (?:process\w*|threads?|pids?)", ("pids_limit-pids",)),
    (r"zombie\w*|zombies", ("zombies",)),
    (r"(?:kernel |oom |kill )?counters?", ("memory_oom_kills", "restart_count")),
    (r"process(?:es)?(?: (?:or|and|/) threads?)?|threads?|pids|tasks", ("pids", "#process", "@program")),
    (r"workers?", ("@program",)),
    (
        r"(?:running|exited|stopped|paused|created|dead|restarting|total|other|healthy|"
        r"unhealthy)? ?(?:containers?|(?<=running )ones|(?<=healthy )ones|(?<=stopped )ones)(?: (?:running|"
        r"exited|stopped|paused|up|down))?",
        ("@containers",),
    ),
    (r"neighbou?rs?|dependencies|links?|peers?|relations?", ("#link", "#link[uses]")),
    (r"networks?", ("#network",)),
    (r"(?:mounts?|volumes?|bind mounts?|mounted volumes?)", ("#mount",)),
    (r"(?:environment |env )?(?:variables?|vars?|keys)", ("#env_key",)),
    (r"published ports?|ports? (?:is |are )?(?:published|exposed|open|mapped)", ("#published_port", "#exposed_port")),
    (
        r"(?:open |listening )?(?:ports?|sockets?|listeners?)",
        ("#listener", "@ports", "#published_port", "#exposed_port"),
    ),
    (r"(?:engine )?events?", ("#event",)),
    (r"(?:open |established |active )?connections?", ("@connections",)),
    (r"(?:dropped )?packets?(?: (?:dropped|lost))?|drops?", ("network_drops",)),
    (r"(?:scheduler |throttled )?periods?", ("cpu_periods",)),
    (r"cpus?|processors?", ("host_cpus",)),
    (r"shares", ("cpu_shares",)),
    (r"(?:open |active )?(?:issues?|problems?|findings?|faults?|alerts?|root causes?)", ("@findings",)),
    (r"(?:open |pending )?(?:proposals?|changes? proposed)", ("@proposals",)),
    (r"aliases", ("#alias",)),
    (r"labels?", ("#label",)),
    (r"hosts?", ("@hosts",)),
    (r"limits?", ("@limits",)),
)
COUNT = lazily("|".join(rf"(?P<n{number}>\b(?:{words}))(?![\w-])" for number, (words, _) in enumerate(COUNTS)), re.I)
# What "3 times" counts, by the verb or noun before or behind it.
TIMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"restart\w*|reboot\w*|bounced|came back", ("restart_count",)),
    (r"oom\w*|kill\w*", ("memory_oom_kills",)),
    (r"hit|hits|limit|reached", ("memory_failures",)),
    (r"throttl\w*", ()),
    (r"fail\w*|unhealthy|in a row|missed", ("health_streak", "memory_failures")),
    (r"crash\w*|died|exited", ("restart_count",)),
    (
        r"log\w*|appear\w*|occurr\w*|seen|says?|said|repeat\w*|shows?|line|error|message|printed|wrote",
        ("@template", "log_errors"),
    ),
    (r"at most|retr\w+|tries", ("restart_max",)),
)
TIMES_WORD = lazily("|".join(rf"(?P<t{number}>\b(?:{words})\b)" for number, (words, _) in enumerate(TIMES)), re.I)
# What a stretch of time is said of → formulas in seconds.
SPANS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"interval|every", ("health_interval",)),
    (r"time-?outs?|timed out after|may take|takes? at most", ("health_timeout", "stop_timeout")),
    (r"start period|grace(?: period)?", ("health_start_period", "stop_timeout")),
    (r"to stop|stop", ("stop_timeout", "now-finished_at")),
    (r"ran (?:for|only)|ran\b(?=.{0,20}before)|lasted", ("finished_at-started_at",)),
    (r"created|creation|built|made|exist\w*|age|old", ("now-created_at",)),
    (r"(?:exited|down|dead|gone|stopped|not running) since|"
        r"exited|ended|finished|crash\w*|died|dead|down|terminated|gone|stopped|fell over|not running|"
        r"last run|quit", ("now-finished_at",)),
    (r"up(?! to\b)|uptime|running|started?|starts|alive|online|launched|booted|since|"
     r"in service|restart\w*|sailing", ("uptime", "now-started_at")),
)  # fmt: skip
SPAN_WORD = lazily("|".join(rf"(?P<s{number}>\b(?:{words})\b)" for number, (words, _) in enumerate(SPANS)), re.I)
# Vague words → what ratio they mean: at least, at most.
VAGUE: tuple[tuple[str, float, float], ...] = (
    (r"(?:very |rather |a bit |running )?short (?:of|on)|low on|starved (?:of|for)|starving for", 0.85, 9.0),
    (r"(?:almost|nearly|practically|virtually|next to|basically|essentially) no(?:thing)?|hardly any", -1.0, 0.05),
    (r"(?:almost|nearly|close to|practically|about to be|virtually|near(?:ing)?)[ -](?:full|its limit|"
        r"the limit|out of|exhaust\w*|my limit|capacity|maxed)", 0.85, 9.0),
    (r"(?:(?:is|are|'s) |completely |totally |entirely )full\b|maxed out|exhausted|saturated|at capacity|"
        r"out of (?:memory|disk|space)|ran out|running out|pegged", 0.95, 9.0),
    (r"(?:very |extremely |critically |dangerously |unusually |quite |pretty |too )?high|heav(?:y|ily)|"
        r"excessive|elevated|hot\b|overload\w*|too much|under (?:\w+ )?(?:pressure|load)|struggling|tight|"
        r"hungry|lot of|busy|intensive", 0.7, 9.0),
    (r"moderate|medium|half full|average", 0.25, 0.75),
    (r"modest(?:ly)?", -1.0, 0.6),
    (r"plenty|ample|lots of|comfortabl[ye]|well (?:within|below|under)|enough|sufficient|loads of|spacious|"
        r"generous|far (?:from|below)|headroom", -1.0, 0.75),
    (r"(?:very |quite |pretty |fairly |relatively |extremely )?low|light(?:ly)?|barely|little|small|"
        r"minimal|idle|idling|tiny|negligible|hardly", -1.0, 0.4),
    (r"normal|fine|ok(?:ay)?|good|reasonable|acceptable|healthy|well|great|safe|in order|nominal|"
        r"not a concern|no concern|unremarkable|shipshape", -1.0, 0.8),
)  # fmt: skip
VAGUE_WORD = lazily(
    "|".join(rf"(?P<v{number}>\b(?:{words})(?!\w))" for number, (words, _, _) in enumerate(VAGUE)), re.I
)
VAGUE_RATIOS: dict[str, tuple[str, ...]] = {
    "memory": ("memory_ratio", "memory_host_ratio"), "cpu": ("cpu_ratio",), "disk": ("fs_used_ratio",),
    "pids": ("pids/pids_limit",), "inode": ("fs_inode_ratio",), "shm": ("fs_used_ratio",),
}  # fmt: skip
FREE_WORD = lazily(r"\b(?:free|left|available|remaining|headroom|room|spare|unused)\b", re.I)
# What "the most …" and "more … than" compare.
RANKED: dict[str, tuple[str, ...]] = {
    "memory": ("memory_working_set", "memory_ratio"), "cpu": ("cpu_usage", "cpu_ratio"), "disk": ("fs_used_ratio",),
    "restarts": ("restart_count",), "uptime": ("uptime",), "pids": ("pids",), "errors": ("log_errors",),
    "throttle": ("cpu_throttled_ratio",), "sent": ("network_tx",), "received": ("network_rx",),
    "write": ("block_write",), "read": ("block_read",),
}  # fmt: skip
