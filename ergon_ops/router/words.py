# ruff: noqa: SIM905 - a table of words reads best as words
"""The router's vocabulary: ordinary English, roles, programs, states, verbs that change something. Data only."""

from __future__ import annotations

from pathlib import Path


def _listed(file: str) -> frozenset[str]:
    return frozenset(Path(__file__).with_name(file).read_text(encoding="utf-8").split())


# Words that are never taken for a misspelt or unknown name, and count as a container's name only when used as one.
ENGLISH = _listed("plain.txt")

# What people who run computers say and no dictionary of plain English has.
JARGON = _listed("jargon.txt")

# A question's own vocabulary: these are names only when clearly marked as one, or when what is said fits nothing else.
HARD = frozenset(
    """
    status logs log memory mem cpu disk disks network networks health load all everything everyone anything nothing
    host hosts machine container containers docker daemon engine who what which why when where how it its they them
    this that these those the a an me you i my your we us is are am be do does did has have had and or not no none
    any some of on in for to from by with at as if then than so but yes ok okay please now up down help list show
    restart stop start kill pause ports port events event errors error warnings metrics stats usage uptime config
    image images volume volumes time ram swap io net change changes processes process problem problems issue issues
    one ones other others both each every most more less many much top self yourself state summary overview context
    explain version limits limit space today yesterday last first next same new old here there hello hi hey thanks
    thank bye good morning
    """.split()
)

# Words that never are a part of a name with a space in it.
STOPS = HARD | frozenset(
    "hello hi hey thanks thank bye about tell get give like with without into still really".split()
)

METRICS = frozenset(
    """
    status logs log memory mem ram cpu cpus disk network health load ports port events event errors error warnings
    metrics stats usage uptime config configuration image limit limits restarts restart processes process
    connections latency traffic io pids swap mounts volumes env environment version state throttling utilization
    utilisation consumption performance summary details info healthcheck dependencies size topology threads age exit
    exits crash crashes
    """.split()
)

# What may stand right after a name: the sentence goes on about it.
FOLLOWERS = METRICS | frozenset(
    """
    is are was were be been has have had do does did will would can could should may might must keeps kept keep went
    goes go going doing gets got get seems seem looks look runs run running ran uses use using needs need wants
    takes take and or vs versus but so then than because since when while if that with without to from in on at of
    for by about as into over under during after before until not still again now please too also right today
    yesterday currently lately recently really so very up down ok okay fine good bad healthy unhealthy slow slower
    fast dead alive stuck broken sick busy idle hungry full fat big happy high hot stopped paused exited crashed
    crashing restarting restarted failing failed throttled starting started killed hung using eating leaking
    compared versus container service server instance replica replicas listening listen listens serve serves serving
    talk talks reach connect connects depend depends respond responding reachable available ready stable there here
    it he she they back out off die died crash crashes stop start hang hangs fail fails behave behaving misbehaving
    feel feeling like down's first both all each more less alone always ever even just only once twice
    """.split()
)

# Only a container does these, never a metric: "is logs running" is about a container called logs.
LIFE = frozenset(
    """
    running crashed crash crashing restarting restarted exited exit stopped dead alive die died dying unhealthy
    started starting paused unreachable responding throttled misbehaving using eating consuming listening serving
    """.split()
)

PREPOSITIONS = frozenset(
    """
    of for from about on in at with inside into within to like than vs versus between against and or called named
    than
    """.split()
)
ARTICLES = frozenset("the my our your its their his her".split())
INDEFINITE = frozenset(
    "a an any some no each every another this that these those what which whose many much how enough".split()
)
AUXILIARIES = frozenset(
    """
    is are was were am be isn aren wasn does do did doesn didn has have had hasn can could will would should might
    why how when where since hows whats whos
    """.split()
)
LOOKERS = frozenset(
    """
    show check inspect diagnose compare examine describe explain debug monitor watch tail see analyze analyse
    investigate look tell ask summarize summarise review test troubleshoot give get fetch list read ping
    """.split()
)

# Verbs that ask for something to be changed, when they lead the sentence.
CHANGERS = frozenset(
    """
    restart reboot bounce stop start kill pause unpause resume change raise set lower increase decrease reduce limit
    bump give scale recreate rebuild update upgrade downgrade remove delete destroy fix apply optimize optimise tune
    resize double halve rollback undo disconnect connect deploy redeploy move rename cap enable disable shutdown
    terminate wipe add grant kick cycle reset reload nuke rm restrict turn shut roll heal repair restarting patch
    boost shrink expand extend trim lift adjust modify relaunch respawn revive halt suspend uninstall install launch
    spin drop throttle unthrottle switch unstick thaw cut freeze
    """.split()
)
DIRECT = frozenset(
    """
    restart reboot bounce stop start kill pause unpause recreate rebuild remove delete destroy terminate nuke
    relaunch respawn revive halt suspend thaw freeze unstick
    """.split()
)
POLITE = frozenset(
    """
    please pls plz now then ok okay so and also just go ahead can could would will you we lets let us i want need to
    have like kindly someone somebody anyone anybody rolling graceful hard soft docker podman compose sudo
    hey hi hello yes yeah quickly immediately simply try id ill im gonna going ya alright well
    actually no
    """.split()
)
ASKING = frozenset(
    """
    why how when what which who whoever whose where is are was were am did does do has have had should whats whos
    hows isn aren doesn didn hasn wasn if
    """.split()
)

# Words a follow-up may consist of without asking anything of its own: "and what about …", "same for …".
FILLERS = frozenset(
    """
    and what about how the same for also too now then no not i meant mean sorry question thing with in on of
    please but or one ones container containers service services it its both them all again do that this there so
    a an my our instead rather actually yes yeah only just hmm um well as to
    """.split()
)

ROLES: dict[str, tuple[str, ...]] = {
    "database": (
        "database",
        "db",
        "data base",
        "datastore",
        "data store",
        "sql server",
        "database server",
        "sql database",
        "relational database",
        "rdbms",
        "database container",
        "db server",
    ),
    "cache": ("cache", "cacher", "cache server", "caching layer", "cache layer", "in memory store", "key value store"),
    "queue": (
        "queue",
        "broker",
        "message queue",
        "message broker",
        "mq",
        "event bus",
        "message bus",
        "job queue",
        "task queue",
        "event broker",
        "pub sub",
        "queueing system",
    ),
    "proxy": (
        "proxy",
        "reverse proxy",
        "load balancer",
        "loadbalancer",
        "ingress",
        "gateway",
        "api gateway",
        "edge proxy",
        "lb",
        "edge router",
        "ingress controller",
        "http proxy",
    ),
    "web": (
        "web server",
        "webserver",
        "http server",
        "frontend",
        "front end",
        "website",
        "site",
        "web site",
        "web tier",
        "web",
        "web frontend",
    ),
    "app": (
        "backend",
        "back end",
        "api",
        "api server",
        "app server",
        "application server",
        "application",
        "app",
        "web app",
    ),
    "worker": (
        "worker",
        "background worker",
        "task runner",
        "background process",
        "job runner",
        "task worker",
    ),
    "job": ("cron", "cron job", "cronjob", "scheduler", "scheduled job", "batch job", "backup job"),
    "store": (
        "object store",
        "object storage",
        "file store",
        "blob store",
        "file server",
        "bucket",
        "s3",
        "s3 storage",
        "s3 bucket",
        "s3 store",
        "blob storage",
        "file storage",
    ),
}
# Where nothing has the role itself, these come close enough to be meant.
NEIGHBOUR_ROLES: dict[str, tuple[str, ...]] = {
    "web": ("proxy",),
    "proxy": ("web",),
    "job": ("worker",),
    "worker": ("job",),
}
# Servers known by what they speak: asked for so, they are found by the ports they listen on.
PROTOCOLS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("smtp server", "mail server", "smtp relay", "email server"), (25, 465, 587)),
    **dict.fromkeys(("imap server",), (143, 993)),
    **dict.fromkeys(("dns server", "dns resolver", "name server", "nameserver"), (53,)),
    **dict.fromkeys(("ssh server", "sftp server"), (22,)),
    **dict.fromkeys(("ldap server", "directory server"), (389, 636)),
    **dict.fromkeys(("mqtt broker", "mqtt server"), (1883, 8883)),
    **dict.fromkeys(("ftp server",), (21,)),
}
OBJECT_STORES = frozenset({"minio", "seaweedfs", "ceph", "garage", "azurite", "localstack"})
# Hosts are called by these, and people say any of them.
ENVIRONMENTS = (
    ("prod", "production", "prd"),
    ("staging", "stage", "stg"),
    ("dev", "development"),
    ("test", "testing"),
    ("qa", "quality"),
)
# A hyphenated word that begins or ends so is English, not a name: `self-hosted`, `redis-like`, `crash-looping`.
FORE = frozenset("re non pre un self over under most least best well mid multi cross so per".split())
AFT = frozenset("only looping loop based like related side wide free proof ready safe backed level wise".split())
FORE_OF_ENGLISH = FORE | frozenset("out up long short high low real end built read write day crash".split())
AFT_OF_ENGLISH = AFT | frozenset(
    "killed limited hungry heavy intensive bound starved driven running time in off on out up down".split()
)
# What a container is *of*, *for* or *from*: after these even a word like "memory" is a name.
NOUNS_OF = frozenset(
    """
    status logs log health state uptime restarts ports image config environment events env variables labels command cpu
    memory ram disk network mounts volumes size age ip user pid version stats usage
    """.split()
)
TROUBLE = frozenset(
    """
    problem problems issue issues error errors warning warnings trouble logs restarts crashes failures alerts
    """.split()
)
RUN_VERBS = frozenset(
    """
    run runs running serve serves serving host hosts have has having contain contains with
    """.split()
)
# "page cache", "file cache": not a container.
NOT_A_ROLE_AFTER = frozenset("page file disk dns build kernel buffer browser a an any another no memory".split())

PROGRAMS: dict[str, str] = {
    **dict.fromkeys("postgresql pg psql postgre postgis timescaledb".split(), "postgres"),
    **dict.fromkeys("mongo mongod".split(), "mongodb"),
    **dict.fromkeys("rabbit".split(), "rabbitmq"),
    **dict.fromkeys("nodejs node.js".split(), "node"),
    **dict.fromkeys("redis-server".split(), "redis"),
    **dict.fromkeys("valkey-server".split(), "valkey"),
    **dict.fromkeys("memcache".split(), "memcached"),
    **dict.fromkeys("apache2 httpd".split(), "apache"),
    **dict.fromkeys("elastic".split(), "elasticsearch"),
    **dict.fromkeys("python3 uvicorn gunicorn fastapi django flask".split(), "python"),
    **dict.fromkeys("mysqld".split(), "mysql"),
    **dict.fromkeys("mariadbd maria".split(), "mariadb"),
    **dict.fromkeys("crond".split(), "cron"),
    **dict.fromkeys("nats-server".split(), "nats"),
    **dict.fromkeys("golang".split(), "go"),
    **dict.fromkeys("openjdk jvm tomcat".split(), "java"),
    **dict.fromkeys("k6".split(), "k6"),
    **dict.fromkeys("php-fpm phpfpm".split(), "php"),
    **dict.fromkeys("kafka".split(), "kafka"),
    **dict.fromkeys("rails puma".split(), "ruby"),
}
KNOWN_PROGRAMS = frozenset(
    """
    nginx apache caddy haproxy traefik envoy varnish squid postgres mysql mariadb mongodb redis valkey memcached
    rabbitmq kafka nats elasticsearch opensearch clickhouse influxdb cassandra etcd consul vault minio celery
    sidekiq python node java php ruby cron sshd supervisord prometheus grafana loki jenkins gitlab gitea wordpress
    nextcloud keycloak mosquitto couchdb neo4j cockroach perl dotnet erlang deno bun pgbouncer
    """.split()
)
# Programs that are ordinary words too: only "whoever runs …" or a container that runs one makes them a program.
PLAIN_PROGRAMS = frozenset("node go cron vault consul bun perl ruby java python".split())

ORDINALS: dict[str, int] = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}

STATES: dict[str, str] = {
    **dict.fromkeys("crashed crashing failed dead died crash".split(), "crashed"),
    **dict.fromkeys("broken failing".split(), "broken"),
    **dict.fromkeys("unhealthy sick".split(), "unhealthy"),
    **dict.fromkeys("healthy".split(), "healthy"),
    **dict.fromkeys("exited stopped down".split(), "stopped"),
    **dict.fromkeys("restarting crashlooping looping flapping".split(), "restarting"),
    **dict.fromkeys("paused frozen".split(), "paused"),
    **dict.fromkeys("running".split(), "running"),
    **dict.fromkeys("starting".split(), "starting"),
    **dict.fromkeys("created".split(), "created"),
}  # fmt: skip
