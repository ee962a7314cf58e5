# ruff: noqa: SIM905 - a table of words reads best as words
"""The router's vocabulary: ordinary English, roles, programs, states, verbs that change something. Data only."""

from __future__ import annotations

# Words that are never taken for a misspelt or unknown name, and count as a container's name only when used as one.
ENGLISH = frozenset(
    """
    a able about above accept access according across act action active actual actually add added adding address
    advice advise affect affected after afternoon again against ago ahead air alarm alert alerts alive all allocate
    allocated allow allowed almost alone along already alright also although always am amount an analyse analysis
    analyze and another answer answers any anybody anymore anyone anything anyway anywhere app appear appeared
    appears application applications apply approve apps are area aren around array article as aside ask asked asking
    assign at attack attempt attempts attention audit author authentication auto automatic automatically available
    average avg awake aware away awful awfully awkward back backup backups bad badly balance bandwidth base based
    basic batch be became because become been before began begin behave behaves behaving behaviour behavior behind
    being below best better between big bigger biggest bill bind binding bit bits block blocked blocking blocks blow
    blown book boot booted boss both bottleneck bottlenecks box boxes break breaking breaks brief briefly bring
    broke broken bug bugs build builds built bunch burn burning burst burns business busier busiest busy but buy by
    byte bytes cached caching calculate call called calling calls calm came can cannot cant capable capacity capital
    care case cases catch cause caused causes causing cease cert certificate certificates certs chance change
    changed changes changing characters chart chat cheap cheapest check checked checking checks child choice choose
    city class clean clear clearly client clients clock close closed closer code codes cold collect color colour
    come comes coming command commands comment commit common compare compared comparing comparison compile complete
    completely component components compose compute computer concern concerned concerning condition conditions
    config configs configuration configurations configure configured confirm connect connected connecting connection
    connections connectivity connects consider consume consumed consumer consumers consumes consuming consumption
    contain container containers content contents context continue control controls cook cool copy core cores
    correct correctly corrupt corrupted cost costs could couldn count counter counters country couple course cpu
    cpus crash crashed crashes crashing crash-looping create created creates critical cumulative curious current
    currently custom customer customers cut cycle daemon daemons daily damage danger dashboard data date dates day
    days dead deadline deadlock deal debug decrease deep default define degraded delay delayed delays delete deleted
    delivery demand deny depend dependencies dependency dependent depends deploy deployed deployment deployments
    deploys describe description design detail detailed details detect detected dev develop diagnose diagnosis
    diagnostic diagnostics diagnosed diagram did didn die died dies diff difference differences different difficult
    digest dinner direct direction directory disappear disconnect disconnected discover disk disks display dns do
    docker document does doesn doing don done dont doomed double doubt down downtime draw drive drop dropped
    dropping drops due dump duplicate duration during dying each earlier early ease easily easy eat eaten eating
    eats edge edit effect effective efficient effort eight either elapsed else email emergency empty enable enabled
    end ended endless endpoint endpoints ends energy engine engines enough ensure enter entire entry env environment
    environments equal err error errored errors especially estimate etc even evening event events eventually ever
    every everybody everyone everything everywhere evidence exact exactly examine example exceed exceeded exceeds
    except exception exceptions excessive execute exhausted exist exists exit exited exiting exits expect expected
    expensive experience explain explanation explode exposed exposing extra face fact facts fail failed failing
    fails failure failures fair fall fallen falling false family far fast faster fastest fatal fault faults faulty
    favor fear feature features feel feeling feels feet fell fellow few field fifteen figure file files filesystem
    filesystems filled filling fills final finally find finding findings fine finish finished fire firing first fit
    five fix fixed flag flaky flap flapping fleet float flow fly folder folders follow following food for force
    forever forget forgot form format former forward found four free freeze frees frequent frequently fresh friday
    friend from front frozen full fully function functions further future game garbage gave general generate get
    gets getting gib gig gigabytes gigs give given gives giving glad go goal goes going gone gonna good got gotta
    grab graph graphs great greatly greedy grep group groups grow growing grown grows growth guess guide guy guys
    had half halt hammer hand handle handles handling hang hanging hangs happen happened happening happens happy
    hard hardware has hasn have haven having he head headroom health healthcheck healthchecks healthier healthy hear
    heard heart heat heavily heavy held hell hello help helped helpful helps her here hey hi hidden high higher
    highest him himself his history hit hits hitting hog hogging hogs hold holding holds hole home hope hoping host
    hosts hot hour hourly hours house how however howdy huge hundred hung hungry hurt i ideal idea ideas idle if
    ignore ill illness image images immediately impact important improve improved improvement improvements in
    inbound incident incidents include including incoming increase increased increases increasing incorrect indeed
    index info inform information inner inode inodes input inside inspect install installed instance instances
    instead integer intended interesting interface interfaces internal internet into investigate invoke io iops ip
    ips is isn issue issues it item items its itself ive jam job jobs join joined joke july jump june just keep
    keeping keeps kept kernel key keys kick kill killed killer killing kills kilobytes kind know known kb lack
    lacking lag lagging lags language large larger largest last lasted late latency lately later latest launch law
    layer layers lead leads leak leaking leaks leaky learn least leave led left length less let lets level levels
    liar life light like likely limit limited limits line lines link linked links linux list listed listen listener
    listeners listening listens lists little live lives living load loaded loads local locally location locked lock
    locks log logged logging logs long longer longest look looked looking looks loop looping loose lose loses losing
    loss lost lot lots loud love low lower lowest lots lunch machine machines made magic mail main maintain major
    make makes making man manage manifest manifests many map mapped mapping march mark math matter max maximum may
    maybe mb me mean meaning means meant measure measured mebibytes medium meet megabytes meh mem member members
    memory men mention mentioned mess message messages met metric metrics mib microservice middle midnight might
    million min mind minimal minimum minor minute minutes misbehave misbehaved misbehaves misbehaving misconfigured
    misc miss missed missing mistake mode model modern moment monday money monitor monitoring month months mood more
    morning most mostly mount mounted mounts move moved movie movies much multiple music must my myself name named
    names national nature near nearly necessary need needed needing needs neighbor neighbour neighbours neither net
    network networking networks never nevertheless new newer newest news next nice night nine no nobody node nodes
    noise noisy none noon nope nor normal normally not note nothing notice noticed now nowhere number numbers object
    obvious obviously occasional occur occurred occurring occurs odd of off offline often oh ok okay old older
    oldest on once one ones ongoing online only onto oom oomed ooms open opened opening opens operate operating
    operation operations opinion opinions oops optimal optimise optimization optimize option options or order
    original other others otherwise our ours out outage outages outbound outgoing output outside over overall
    overcommitted overhead overload overloaded overnight overview own owner pack packet packets page pages pain
    panic panicked part particular partly parts party pass password passwords past path patient pattern pause paused
    peak peaks pending people per percent percentage perfect perform performance performing perhaps period
    permission permissions person phone pick picture piece pick pid pids pile ping pinned place plain plan plane
    play playing please pls plus plz poem point points policies policy poor poorly pop port ports possible possibly
    post power practice prefer present president press pressure pretty prevent previous previously price primary
    prior priority privileged probability probable probably probe probes problem problematic problems process
    processes processing prod produce produced producing production program programming programs progress project
    projects proof propose proposed proposal proposals protect protocol prove provide public publish published
    publishes pull pulled purpose push put quality query queries question questions quick quicker quickly quiet
    quieter quit quite quota quotas race ram ran random rank ranking ranked rapid rapidly rate rates rather ratio
    raw reach reachable reached reaches reaching read reading readings reads ready real really reason reasons reboot
    rebooted rebuild recap receive received receiving recent recently recipe recommend recommendation
    recommendations recommended record records recover recovered recovering recreate red reduce refer reference
    refuse refused refusing regard regarding regular reject related relation relevant reload remain remaining
    remember remind remote remove removed rename repair repeat repeated repeatedly replica replicas replicate
    replication replied reply report reported reports request requests require required requires reset resets resize
    resolve resolved resource resources respond responding responds response responses responsible responsive rest
    restart restarted restarting restarts restore result results resume retries retry return returned returning
    returns revert review right rise risen rises rising risk risks risky roll rollback room root roughly round route
    routes row rows rule rules run runaway running runs runtime sad safe safely said same sample samples saturated
    saturation saturday save saw say saying says scale scaled scan schedule scheduled school science score screen
    screw script search second secondly seconds secret secrets section secure security see seeing seem seemed seems
    seen segfault self sell send sending sends sense sent separate september serious seriously serve served server
    servers serves service services serving session sessions set sets setting settings setup seven several severe
    severity shall shape share shared shares she sheet shell shop short shortly should shouldn show showed showing
    shown shows shut shutdown sick side sign signal signals significant silent similar simple simply since single
    site situation situations six size sized sizes sizing sleep sleeping slept slight slightly slow slowdown slower
    slowest slowly slowness sluggish small smaller smallest smell smooth smoothly so socket sockets software
    solution solve some somebody somehow someone something sometime sometimes somewhat somewhere song soon sorry
    sort sorted sound sounds source sources space spare speak special specific spec specs speed spend spent spike
    spiked spikes spiking spin split spot spread stability stable stack stacktrace stacktraces stage staging stale
    stall stalled stalling stalls stand start started starting starts startup starve starved starving stat state
    states static stats status statuses stay steal step steps still stop stopped stopping stops storage store stored
    story strange stream strict string strong struggle struggling stuck study stuff stupid subject subsystem success
    successful successfully such sudden suddenly suffer suffering suffers suggest suggested suggestion suggestions
    sum summaries summarise summarize summary sunday super support supposed sure surprise survive suspect suspected
    suspicious swap swapped swapping symptom symptoms sync system systems table tail take taken takes taking talk
    talked talking talks target task tasks tcp team technical tell telling temp temperature temporary ten term
    terminate terminated terrible terribly test tested testing tests text than thank thanks that thats the their
    theirs them themselves then there therefore these they thing things think third this thoroughly those though
    thought thousand thrash thrashing thread threads three threshold throttle throttled throttles throttling through
    throughput throw throwing throws thru thursday thus ticket tidy tight till time timed timeline timeout timeouts
    times timestamp tiny tip tired tls to today together told tomorrow tonight too took tool tools top topic
    topology total totally touch toward trace traceback tracebacks traces track traffic trail transfer tree trend
    trends tried tries trigger trim trouble troubled troubles troubleshoot troubling true trust truth try trying
    tuesday tune tuning turn twice two type types typical typically udp ugly uh uid um unable unavailable under
    understand underway unexpected unexpectedly unhappy unhealthy unit units unknown unless unlimited unlike unpause
    unreachable unresponsive unstable until unused unusual up update updated updates upgrade upgraded upload uptime
    upon upstream urgent url us usage usages use used useful user users uses using usual usually utilisation
    utilization valid value values variable variables various vars verbose verify version versions very via view
    virtual visible visit volume volumes vs vulnerable vulnerabilities wait waiting waits wake walk wall want wanted
    wants warm warn warning warnings was wasn waste wasted wasting watch watching way ways we weak wear weather
    wednesday week weekend weekly weeks weird well went were weren what whatever whats when whenever where whereas
    wherever whether which whichever while who whoever whole whom whos whose why wide wild will window windows wise
    wish with within without woke won wonder wondering wont word words work worked working works world worried worry
    worse worst worth would wouldn wow wrap write writes writing written wrong wrote wtf yeah year years yep yes
    yesterday yet you your yours yourself youre yup zero zombie zombies zone dbs alot hm hmm uhm erm ah aha huh
    asap atm btw cuz fyi idk imo
    lemme lol omg pids pls plz sec secs sup thx tho ur u ya yo
    """.split()
)

# What people who run computers say and no dictionary of plain English has.
JARGON = frozenset(
    """
    admin ajax algo analytics api apis async auth backend backends backlog bandwidth bash blog boolean bot bots browser
    cdn changelog cli cluster clusters codebase commit cors cron cronjob crypto csrf css csv dag dags dashboard
    datacenter dataset datasets decrypt denial deployment dev devops dns dockerfile domain download downloads email
    emails encrypt endpoint env etl failover favicon feed firewall firmware frontend gateway gpu gpus hardcoded hdd
    homelab homepage homeserver hostname html http https iframe infra infrastructure ingest inode intranet ipv ipv4
    ipv6 iops javascript json jwt keystore kubernetes lan ldap lifecycle localhost login logins logout lookup
    malware markdown metadata microservices middleware minified mobile monorepo multicast namespace nas newsletter
    nfs nginxconf nic nuc nvme oauth offline online onboarding overcommit parquet passphrase password pdf pdfs
    permissions pipeline pipelines plugin plugins podman popup pods pod preflight prompt proxied pubsub qps query raid
    ransomware raspberry raspi rebase refactor regex repo repos rollout rollouts router routers rss rsync runbook
    runtime saas schema schemas sdk serverless setup signup signups sitemap sla slo smtp spam spike sql ssd ssh ssl sso
    stacktrace staging startup subdomain subdomains subnet sudo switchover symlink syslog systemd tarball teardown
    telemetry timestamp timestamps timezone tls toolchain tooltip totp tps ttl typo ui unix upsert uptime url urls
    username usernames utc uuid vcpu vcpus virus vlan vm vms vpn vpns vram vulnerability wan webhook webhooks webpage
    webpages website websites websocket websockets wifi wildcard workaround workflow workflows workload workloads
    xml yaml zip
    """.split()
)

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
    spin drop throttle unthrottle
    """.split()
)
DIRECT = frozenset(
    """
    restart reboot bounce stop start kill pause unpause recreate rebuild remove delete destroy terminate nuke
    relaunch respawn revive halt suspend
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
