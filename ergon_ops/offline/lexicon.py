"""What words mean, in plain tables: add a word to a row, or a phrase, and the offline mind understands it.

`WORDS` gives a word its topics, `PHRASES` several words one topic (the longest wins, its words count for nothing
else). `RULES` turn topics into intents. A word that is in no table is *unknown*: it may be a typo of one that is.
"""

from __future__ import annotations

from ergon_ops.dataclass import dataclass


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Typed in a hurry → what is meant. Applied word by word before anything else.
SHORTHAND: dict[str, str] = {
    "svc": "service", "svcs": "services", "ctr": "container", "ctnr": "container", "cntr": "container",
    "errs": "errors", "prob": "problem", "probs": "problems", "util": "usage", "avail": "available",
    "n/w": "network", "nw": "network", "img": "image", "imgs": "images", "perf": "performance", "whn": "when",
    "hv": "have", "bn": "been", "dis": "this", "da": "the", "dat": "that", "cud": "could", "shud": "should",
    "wud": "would", "thr": "there", "sth": "something", "smth": "something", "nvm": "", "bw": "bandwidth",
    "conn": "connections", "conns": "connections", "howz": "how is", "watsup": "what is up",
    "whatsup": "what is up", "ppl": "people", "2day": "today", "proggy": "program", "stats": "stats",
    "restrt": "restart", "rstrt": "restart", "reboot?": "reboot", "whos'": "who is", "anythin": "anything",
    "nothin": "nothing", "somethin": "something", "hb": "how about", "shouldnt": "should not",
    "shouldn't": "should not", "wouldnt": "would not", "wouldn't": "would not", "hadnt": "had not",
    "hadn't": "had not", "weren't": "were not", "werent": "were not", "we're": "we are", "they're": "they are",
    "i'd": "i would", "i'll": "i will", "you'd": "you would", "you'll": "you will", "it'll": "it will",
    "what'd": "what did", "how'd": "how did", "why'd": "why did", "when'd": "when did", "who'd": "who did",
    "where'd": "where did", "what'll": "what will", "let's": "let us", "y'all": "you all", "whats'": "what is",
    "err": "error",
    "u": "you", "ya": "you", "ye": "you", "yall": "you all", "ur": "your", "yr": "your", "urself": "yourself",
    "r": "are", "y": "why", "wy": "why", "whyy": "why", "cuz": "because", "bc": "because", "wat": "what",
    "wut": "what", "wot": "what", "wtf": "what", "wth": "what", "whats": "what is", "what's": "what is",
    "whatre": "what are", "what're": "what are", "whatcha": "what are you", "hows": "how is", "how's": "how is",
    "howre": "how are", "whos": "who is", "who's": "who is", "wheres": "where is", "where's": "where is",
    "whens": "when is", "when's": "when is", "whys": "why is", "why's": "why is", "its": "its", "it's": "it is",
    "thats": "that is", "that's": "that is", "theres": "there is", "there's": "there is", "im": "i am",
    "i'm": "i am", "ive": "i have", "i've": "i have", "youre": "you are", "you're": "you are",
    "youve": "you have", "you've": "you have", "isnt": "is not", "isn't": "is not", "arent": "are not",
    "aren't": "are not", "aint": "is not", "ain't": "is not", "wasnt": "was not", "wasn't": "was not",
    "didnt": "did not", "didn't": "did not", "doesnt": "does not", "doesn't": "does not", "dont": "do not",
    "don't": "do not", "wont": "will not", "won't": "will not", "cant": "can not", "can't": "can not",
    "cannot": "can not", "couldnt": "could not", "couldn't": "could not", "havent": "have not",
    "haven't": "have not", "hasnt": "has not", "hasn't": "has not", "w/": "with", "w": "with", "w/o": "without",
    "pls": "please", "plz": "please", "plox": "please", "thx": "thanks", "ty": "thanks", "tnx": "thanks",
    "rn": "now", "atm": "now", "asap": "now", "sup": "what is up", "wassup": "what is up", "wazzup": "what is up",
    "gimme": "give me", "lemme": "let me", "wanna": "want to", "gonna": "going to", "gotta": "have to",
    "info": "info", "abt": "about", "btw": "", "tho": "", "kinda": "", "hmm": "", "uh": "", "um": "",
    "&": "and", "+": "and", "k8s": "kubernetes", "bout": "about", "lotta": "lot", "tf": "", "b": "be", "n": "and",
    "doin": "doing", "goin": "going", "runnin": "running", "db's": "db", "msgs": "messages", "msg": "messages",
    "cfg": "config", "conf": "config", "vers": "version", "ver": "version", "config's": "config", "o/s": "os",
}  # fmt: skip

# topic → words. A word may be in several rows.
WORDS: dict[str, str] = {
    # things
    "memory": "ooms oomkilled oom-killed oomkill bloat bloated bloating headroom paging swapped vsz pss malloc "
    "memory-wise "
    "mem-wise memory-hungry "
    "memory mem memories ram rss heap footprint oom ooming oomed memleak swap swapping leak leaking leaks",
    "cpu": "loaded "
    "cpu-bound pinned maxed maxing cpu-wise processing millicores millicpu ghz overworked "
    "cpu cpus processor processors core cores busy burning pegged vcpu vcpus cycles compute spinning",
    "throttle": "starved starving choked choking throttle throttled throttling throttles",
    "disk": "hdd ssd diskfull disk-wise filesize "
    "disk disks diskspace storage space filesystem filesystems fs df du inode inodes iops blkio enospc",
    "write": "wrote writing writes written reads reading",
    "netio": "transfer transferred transferring ingress egress inbound outbound mbps kbps transmit transmitted "
    "transmitting saturated "
    "traffic bandwidth throughput received receive receives receiving sent send sends sending bytes rx tx "
    "packets",
    "io": "io i/o",
    "network": "interface interfaces nic eth0 vlan mac "
    "network networks networking "
    "ip ips ipv4 ipv6 address addresses subnet addr net hostname alias aliases dns",
    "ports": "portmap forwarded forwarding forwards socket sockets nat hostport exposing reachability "
    "port ports published publish publishing exposed expose exposes binding bindings mapping mappings "
    "mapped url endpoint browser reach reachable",
    "restarts": "respawn respawned respawning respawns relaunched recycled reincarnated bounces bouncy flappy flap "
    "restarts restarted restarting reboots rebooting rebooted flapping flaps bounced bouncing crashloop "
    "crashlooping looping crashes",
    "restart": "powercycle power-cycle rebounce restart reboot bounce recycle relaunch",
    "logs": "journal journald syslog console transcript logline loglines logger scrollback chatter printing prints "
    "outputting emitted emitting "
    "log logs logging logged logfile logfiles stdout stderr print printed output outputs journalctl tail lines",
    "errors": "throwing "
    "errs erroring errored segfault segfaults segv unhandled uncaught coredump coredumps 4xx 404s 500 502 "
    "503 504 "
    "oopses "
    "error errors exception exceptions traceback tracebacks stacktrace stacktraces stack fatal fatals "
    "panic panics 500s 5xx 502s 503s 504s warning warnings failures failing",
    "events": "activity activities occurrence occurrences occurred occurring occurs lifecycle happenings transpired "
    "chronology "
    "event events happen timeline history happened happening happens",
    "changes": "updates "
    "modification modifications alteration alterations alter edits edited redeploy redeployment deploying "
    "deployments upgraded upgrades patched replaced swapped-out drift drifted mutated reconfigured bumped rolled "
    "migrated recreated recreate fiddled messed tweaked tinkered "
    "changed change changes different deploy deployed deploys deployment redeployed rollout updated "
    "touch touched tampered altered modified differs",
    "health": "liveness readiness healthz livez readyz healthily unhealthily health-check wellbeing wellness "
    "health healthy unhealthy healthcheck healthchecks healthiness sick ill",
    "check": "probing hc check checks probe probes",
    "services": "servers "
    "serviced microservice microservices serverside workloads "
    "service services daemon daemons program programs serve serves serving app apps listening listen "
    "listens listener listeners software",
    "image": "tags imagename manifest-digest semver sha256 commit released imageid "
    "image images tag tagged version versions build release digest sha revision created built",
    "config": "configuring cmdline args arguments argument invocation startup flag hardened configuration-wise "
    "config configuration configured configs settings setting setup command cmd entrypoint privileged "
    "rootfs readonly uid root init params parameters options flags",
    "env": "printenv env-vars env-var dotenv envfile envnames environmental "
    "env envs environment environments variable variables var vars envvar envvars",
    "mounts": "mountpoint mountpoints mounting persisted persist persists persisting bind-mounted bind-mounts fstab "
    "mount mounts mounted volume volumes vol vols bind binds persistent persistence folder folders "
    "directory directories",
    "processes": "binaries binary executables executable executing executes pstree task tasks fork forks forked "
    "children "
    "subprocess subprocesses pid1 lwp multi-threaded "
    "process processes proc procs ps pid pids zombie zombies thread threads htop",
    "dependencies": "deps integrations integration caller callers callee interact interacts interacting communicate "
    "communicates "
    "communicating communication neighbour neighbor dependants dependant dependent relation relations "
    "relationship relationships wired hooked linkage consumer interacting "
    "depend depends depended dependency dependencies dependents upstream upstreams "
    "downstream rely relies relying "
    "neighbours neighbors peers topology backends backend "
    "links linked connected connections connect connects consumers",
    "limits": "restriction restrictions restrict restricts limitation limitations "
    "allotted allotment budget budgeted entitled entitlement reservation reservations reserved permitted cgroup "
    "cgroups bounded bounds uncapped unlimited "
    "limit limits limited quota quotas cap caps capped constraint constraints constrained allowed allowance "
    "max maximum restricted ceiling ulimit ulimits",
    "uptime": "runtime upsince uptimes lifespan lifetime uptime booted boot launched age",
    "host": "hypervisor baremetal bare-metal ec2 instance's distro linux uname daemon's metal hostname's "
    "host hosts machine box server node vm engine kernel hardware dockerd",
    "load": "overload load loadavg overloaded pressure",
    "containers": "ctr ctrs pods pod container containers",
    "amount": "mb megabytes megabyte gb gigabytes gigabyte mib gib megs gigs kb kilobytes",
    "big": "big large size sized huge",
    "identity": "responsible responsibility responsibilities duty duties mission named nickname abilities ability "
    "role purpose job introduce bot robot human person chatgpt gpt claude llm model ai "
    "capabilities capability help persona",
    "wrong": "serious severe severity critical "
    "troubleshoot troubleshooting diagnostics diagnostic diagnosing triage debug debugging investigate "
    "investigation anomaly anomalies abnormal abnormality unusual glitch glitches glitchy bugs buggy borked "
    "borken busted hosed toast kaput fubar wonky flaky janky degraded degrading degradation impaired impacted "
    "unwell misbehave misbehaves malfunction malfunctioning defect defective hiccup hiccups symptom symptoms "
    "screwed unhappy nasty ugly scary smoke smoking danger dangerous risk risks risky outage outages messed-up "
    "pager sev1 sev2 p1 p2 incident incidents wrongly alarm alarms alarmed haywire dodgy shaky struggling "
    "struggles struggle suffer bothering bothers bother worries disaster mess catastrophe meltdown cursed "
    "wrong broken problem problems issue issues trouble troubles fire fires findings finding "
    "diagnose diagnosis worry worried complain complaints complaint suspicious odd weird alarming concern concerns "
    "concerning alert alerts bad fixing ailing hurting hurts suffering fishy amiss off",
    "slow": "slowed slowdown slowdowns slowly snail stall stalls stalled stalling freezing frozen freeze freezes "
    "latencies bogged choppy unresponsiveness jammed wedged congested congestion underperforming "
    "slow delay delays delayed response responses bottleneck bottlenecks slows slowing slower slowness "
    "sluggish lag lags lagging laggy latency "
    "forever hanging hangs hung "
    "stuck "
    "unresponsive crawling timeouts",
    # states
    "alive": "functional functioning respond responds "
    "alive breathing kicking ticking up running run working works online responding available reachable "
    "operational live awake",
    "dead": "finish finished finishing completed ended "
    "perished deceased crashy collapsed collapse croaked expired defunct bust exiting dropped vanished "
    "disappeared disappear unreachable aborted aborting "
    "dead down death die died dies dying crash crashed crashing exit exited exits stop stopped stops offline "
    "killed "
    "kill gone terminated unavailable quit quits fail failed fails",
    "start": "beginning commenced spawned start started starts starting launch began begin come came",
    "ok": "kosher peachy dandy chill fit okey-dokey hunky-dory healthy-ish steady sane nominal solid sound thriving "
    "ok okay okey fine good alright well great normal green happy stable passing succeed succeeds succeeding "
    "succeeded",
    "status": "lowdown rundown gist recap tldr stat standing snapshot synopsis checkup check-up report-card "
    "status state sitrep condition situation report ping stats overview summary pulse vitals",
    "near": "approaching approach approaches exhaust exhausting brink verge edge running-out "
    "close near nearing hitting hit reached reach reaching exceed exceeding over exhausted",
    "full": "filled fills spare empty capacity leftover overflow overflowing "
    "full fill filling left free remaining room",
    "usage": "utilized utilised utilize utilise footprint occupied occupy occupies occupying "
    "usage use uses using used consumption consuming utilization utilisation "
    "resource resources take takes taking",
    "consume": "occupy occupying devour devouring guzzle guzzling guzzles guzzler chew chewing chews munch munching "
    "slurping "
    "sucking suck sucks swallowing drain drains hoarding hoard hoards gobble gobbles hungry thirsty greedy "
    "use uses using eat eats eating burn burns burning consume consumes consuming hog hogs "
    "hogging take takes "
    "taking gobbling draining crash crashes restarts restarted",
    "than": "than",
    "age": "age oldest youngest newest longest shortest",
    "more": "more bigger larger less smaller higher lower busier heavier faster",
    "superlative": "sort sorted sorting ordered rankings leaderboard winner champion thirstiest bulkiest laziest "
    "maximum- "
    "consumer offender offenders hogger hoggers guzzler greedy "
    "rank ranked ranking most biggest largest highest heaviest top worst hog hogs hogging busiest "
    "greediest "
    "oldest longest shortest least "
    "smallest lowest lightest fewest youngest newest fattest hungriest chattiest slowest",
    "least": "least shortest smallest lowest lightest fewest youngest newest",
    "comparing": "contrast contrasted contrasting comparatively compare-to "
    "compare compared comparison compares vs vs. versus difference differences diff",
    "talk": "communicate communicates chatting "
    "talk talks talking speak speaks speaking call calls calling connect connects connected rely depend need "
    "needs use uses using",
    # how it is asked
    "why": "justify because culprit trigger triggered triggers why reason reasons cause causes causing",
    "when": "when",
    "what": "what",
    "who": "who whom whoever anyone anybody somebody everyone everybody nobody",
    "which": "which",
    "where": "where",
    "how": "how",
    "explain": "explain elaborate account clarify",
    "granted": "given granted assigned provisioned allotted allocated",
    "crashed": "crash crashed crashes died",
    "many": "quantity total many often frequently times count number amount",
    "much": "much",
    "long": "long old",
    "since": "since",
    "be": "is are am be been was were",
    "did": "did has have had were was",
    "any": "any anything something ever",
    "not": "not never no",
    "or": "or",
    "all": "all everything everyone everybody every each anywhere everywhere ones these they fleet them",
    "list": "list show name enumerate display print give tell dump see view",
    "set": "set defined present configured exist exists have",
    "self": "you yourself your yours it its itself he she thing things everything this that we they them us there "
    "here "
    "itself",
    "policy": "policy policies",
    "inside": "inside in within",
    "value": "value values content contents plaintext",
    "hello": "hi hello hey yo hiya howdy greetings heya morning",
    "recent": "recent recently lately last latest newest new",
    "keep": "keep keeps kept constantly always repeatedly",
    "user": "user uid root whoami",
    "period": "today yesterday tonight overnight hour hours minute minutes min mins week weeks night ago afternoon "
    "evening midnight noon",
}

# topic → phrases; the words of a phrase count for nothing else.
PHRASES: dict[str, tuple[str, ...]] = {
    "memory": (
        "page faults", "resident set", "how bloated", "memory footprint", "mem footprint", "run out of ram",
        "out of ram", "oom killed", "oom killer", "oom kill", "oom score", "ram left", "memory left", "memory free",
        "free memory", "free ram",
       "out of memory", "working set", "memory leak", "mem leak", "eating memory", "ran out of memory"),
    "disk": (
        "volume full", "disk filling up", "filling up the disk", "run out of disk", "run out of space",
        "run out of storage", "disk left", "storage left", "low on disk", "low on space", "low on storage", "df -h",
        "df h", "disk capacity", "free disk", "gigs left", "space remaining", "space available",
        "space do you have", "room do you have",
       "volume usage", "usage of your volumes", "out of space", "out of disk", "disk space", "free space",
             "disk usage", "room left", "no space left",
             "space left", "disk full", "storage space", "out of inodes", "file system", "disk pressure"),
    "diskio": (
        "io wait", "heavy writes", "heavy reads", "write load", "disk load", "thrashing the disk",
        "hammering the disk", "hammer the disk", "reading and writing", "reads and writes", "io stats", "i/o stats",
        "how much io", "how much i/o",
       "disk io", "disk i/o", "block io", "block i/o", "writing to disk", "reading from disk", "write to disk",
               "read from disk", "disk activity", "disk writes", "disk reads", "disk throughput"),
    "improve": ("would you change", "should i change", "should be changed", "could be better", "would you improve",
                "should i improve", "could you improve", "you be improved", "any recommendations", "any suggestions",
                "do you recommend", "would you recommend", "do you suggest", "would you suggest", "should i tune"),
    "netio": (
        "went out", "came in", "data went", "data came", "data flows", "data flowed", "data is flowing",

        "rx tx", "tx rx", "data in and out", "data transfer", "data transferred", "amount of data", "traffic in",
        "traffic out", "dropping packets", "drop packets", "packet drops", "network errors", "network load",
        "over the wire", "over the network",
       "net io", "network io", "network i/o", "bytes in", "bytes out", "network usage", "network traffic",
              "data received", "data sent", "network throughput", "network activity", "network bandwidth",
              "data have you received", "data have you sent", "dropped packets", "packet loss", "in / out", "in/out"),
    "network": (
        "docker network", "docker networks", "the docker network", "network config", "network settings",
        "network mode", "what address", "which address", "network name", "network names",
       "ip address", "ip addr", "mac address"),
    "ports": (
        "web ui", "the ui", "open the ui", "web interface", "in a browser", "in my browser", "in the browser",
        "landing page",

        "port forward", "port forwarding", "p flags", "p settings", "docker port", "reach you from", "hit you from",
        "how do i hit you", "exposed to", "which url", "what url", "port number", "port numbers", "mapped to",
        "map to",
       "host port", "host ports", "open ports", "port mapping", "port mappings", "port binding",
              "port bindings", "point my browser", "from outside", "from the outside", "what port", "which port",
              "which ports", "reach you", "reach it", "connect to you", "get to you", "access you"),
    "restarts": (
        "been restarted", "got restarted", "were restarted", "was restarted", "get restarted", "gets restarted",
        "restarted by docker", "come back from the dead", "how stable", "crash looping", "boot looping",
        "keep dying", "keeps dying", "keep crashing", "keeps crashing", "unexpected restarts", "restart number",
        "restart stats", "restart counts",
       "restart count", "restart loop", "crash loop", "boot loop", "restart counter", "number of restarts",
                 "restarting all the time", "back off", "reboot loop", "restart history"),
    "restart": (
        "have a restart", "needs a restart", "need a restart", "do a restart", "give it a restart",
        "needs a reboot", "need a reboot", "needs a kick", "needs a bounce", "give it a kick",
        "give yourself a kick", "give it a bounce", "reset yourself", "boot yourself again", "boot again please",
        "reboot yourself", "cycle yourself", "cycle the container", "hard reset", "restart now", "reboot now",
        "fresh start please",
       "off and on", "mind restarting", "consider restarting", "try restarting", "mind rebooting",
             "turn it off and on again", "turn off and on", "off and on again", "kick it", "kick yourself",
                "have you tried turning it off and on again", "power cycle", "start over", "stop and start"),
    "policy": (
        "bring you back", "bring it back", "brings you back", "bring you up again", "start you again",
        "auto restart", "auto start", "start automatically",
        "start again automatically", "start by itself", "starts by itself", "restart by itself",
        "restarts by itself", "restart itself", "self heal", "self healing", "come up again",
        "comes back up", "start on its own", "restart on its own", "come back on its own", "come back on your own",
        "restart on your own", "survive a crash", "survive restart", "survive a host reboot",
        "when the host reboots", "if the host reboots", "after reboot", "after a reboot", "on reboot",
        "restart mode",
       "do you come back", "will you come back", "does it come back", "restart policy",
             "come back after a reboot", "come back after reboot", "come back by yourself",
               "restart automatically", "restart on failure", "restart when the host", "start on boot",
               "survive a reboot", "come back automatically", "restart after a crash"),
    "logdriver": (
        "log backend", "log format", "logs go", "logs sent", "logs shipped", "logs stored", "log file size",
        "log size limit",
       "log driver", "logging driver", "log-driver", "log rotation", "log options"),
    "user": (
        "which account", "what account", "which uid", "what uid", "non root", "root privileges", "user account",
       "run as", "running as", "which user", "what user", "running as root", "run as root", "as root",
             "root user", "user id"),
    "readonly": (
        "root fs", "rootfs read only", "is the root",
       "read only", "read-only", "readonly rootfs", "root filesystem"),
    "command": (
        "docker run line", "launched with", "launch command", "startup command", "run command", "boot command",
        "exec line", "invoked with", "started as", "kicked off with", "kick you off",
       "how were you started", "how are you started", "how did they start you", "how was it started",
                "started with", "what command", "command line", "start command", "which command"),
    "errors": (
        "log errors", "anything failing", "something failing", "any failures", "throw anything",
        "throwing anything", "throwing errors", "spitting out errors", "blew chunks", "blowing up", "in red",
        "went wrong in the logs", "what went wrong in the logs", "what went wrong in your logs", "bad lines",
        "error rate", "error count", "failed requests", "failing requests",
        "failed request", "failure lines",
       "stack trace", "stack traces", "anything failing in the logs", "error messages", "error message",
               "error lines", "error log", "error logs", "throwing 500", "status 500"),
    "events": (
        "docker do", "docker done", "engine do", "done to you", "do to you", "been done to", "did they do",

        "daemon record", "the daemon record", "the daemon see", "the daemon saw", "engine see", "engine saw",
        "engine record", "docker notice", "docker record", "chain of events", "sequence of events",
        "order of events", "recent activity", "what occured", "what took place", "took place", "play by play",
        "what have you been up to", "been up to", "what was that", "life cycle", "lifecycle events", "go on with",
       "what happened", "what has happened", "going on", "been going on", "what did docker see",
               "docker events", "engine events", "event history", "event log", "what occurred"),
    "health": (
        "health state", "health result", "docker health", "hc status", "hc result", "last probe", "probe result",
        "probe results", "probe output", "last check", "check result", "check results", "check output",
        "check red or green", "red or green", "green or red", "is your check", "are your checks", "your checks",
        "your probes", "health endpoint",
       "health check", "health checks", "health probe", "health status"),
    "why": (
        "the root of", "reason for", "reason why", "what is causing", "what is killing", "what took you down",
        "took you down", "what brought", "what stopped", "what crashed", "why oh why", "what went wrong",
        "what went south", "what is responsible for", "who took", "what did you die of", "die of", "died of",
        "because of what", "due to what", "what explains", "explanation for", "the story behind", "behind the",
        "where does the", "what is holding", "what keeps", "what is stopping", "what is blocking",
        "what is preventing", "what prevents", "post mortem", "find the cause",
       "how come", "root cause", "what killed", "what caused", "what causes", "what made", "what makes",
            "what for reason",
            "what is the matter", "what ails", "what is up with the", "for what reason", "what is making", "who killed",
            "what is behind", "what broke", "explain why", "what led to"),
    "wrong": (
        "need me to", "need anything", "need help", "need any help", "want me to do", "act up", "acts up",
        "need a hand", "need attention from me",

        "what hurts you", "hurting you", "any alerts", "any alarms", "anything to worry", "something to worry",
        "worry about", "anything bad", "anything weird", "anything strange", "anything unusual",
        "anything suspicious", "anything interesting going on", "anything i should", "something i should",
        "something wrong", "sth wrong", "is there an issue", "page someone", "wake someone", "wake me up",
        "wake up", "call someone", "in bad shape", "bad shape", "what needs", "need to act", "need to do something",
        "have to do something", "do i have to act", "act on", "requires attention", "attention required",
        "look into", "health concerns", "for real wrong", "issues with", "problem with", "self test", "self check",
        "self diagnosis", "run diagnostics", "run a diagnosis", "run a check", "examine yourself",
        "inspect yourself", "check yourself", "diagnose yourself", "having a bad day", "rough day", "smells funny",
        "smell smoke", "is it bad", "how bad", "gone wrong", "going wrong", "go wrong", "went sideways",
        "gone sideways", "up in flames", "in flames", "melting down", "cause for concern", "what is broken",
        "who is broken", "clean bill of health", "all clear", "in distress",
       "red flags", "red flag", "a diagnosis", "a check", "needs fixing", "need fixing", "what is wrong",
             "anything wrong", "on fire", "anything broken",
             "something off", "need to worry",
              "should i worry", "out of the ordinary", "look at first", "needs attention", "need attention",
              "what hurts", "not right", "not ok", "not okay", "not working", "what is going on", "acting up",
              "misbehaving", "in trouble", "what should i fix", "anything off", "pay attention to", "should look at",
             "should know", "be worried", "should see"),
    "slow": (
        "so slow", "slow as", "slow down", "slowed down", "slowing down", "bogged down", "takes ages",
        "taking ages", "take ages", "take so long", "takes so long", "high latency", "performance issue",
        "performance issues", "performance problem", "performance problems", "speed issue", "not fast",
        "perform badly", "performing badly", "at a crawl", "like molasses", "not snappy", "what is taking",
       "holding you back", "hold you back", "holds you back", "taking forever", "takes forever", "so long",
             "not responding", "response time", "response times",
             "taking so long", "too long", "times out", "timing out", "bad performance", "poor performance"),
    "dead": (
        "knocked out", "passed away", "kicked the bucket", "gave up the ghost", "bought the farm", "took a dive",
        "shit the bed", "keeled over", "fallen over", "falling over", "fall over", "fell down", "gone away",
        "went away", "disappeared on us", "will not start", "refuses to start", "refuse to start", "fails to start",
        "failed to start", "fail to start", "refuses to come up", "will not come up", "can not start",
        "not coming up", "not come back", "taken down", "been killed", "got killed", "was killed",
       "not running", "not up", "not alive", "not start", "not starting", "never started", "never came up",
             "not come up", "fell over", "went down", "go down", "gone down", "not started", "never come up",
             "knocked over", "blew up", "blow up", "bit the dust"),
    "status": (
        "thing on", "is this on", "switched on",

        "tl dr", "state of affairs", "state of play", "what shape", "good shape", "in shape", "status update",
        "status report", "quick update", "an update on", "any update", "any news", "the latest on",
        "the skinny", "how is it hanging", "hanging in there", "how are we doing", "how are we looking",
        "how do things look", "how does it look", "how do you look", "looking good", "everything under control",
        "under control", "give me a summary", "big picture", "key numbers", "at a glance", "in a nutshell",
        "in short", "bottom line", "where do things stand", "where do we stand", "health summary", "general state",
        "how healthy overall", "one liner", "anybody there", "anyone there", "knock knock anybody",
       "the deal with", "how you are", "how it is", "how things are", "how it goes", "how they are",
               "exit code", "exit status", "return code", "up or down", "dead or alive", "what is up",
               "how is it going", "how are things", "how are you", "how do you do", "how do you feel",
               "how is life", "holding up", "how goes it", "still there", "you there", "anybody home",
               "quick look", "are you there", "what is your deal", "still with us", "you feeling", "how you doing"),
    "host": (
        "host os", "linux version", "kernel version", "underlying machine", "underlying host", "physical machine",
        "physical host", "parent machine", "machine underneath", "box underneath", "server underneath",
        "the machine you", "docker host", "host disk", "on the metal",
       "the node", "this node", "docker version", "engine version", "version of docker", "docker engine",
             "docker daemon",
             "the docker", "is docker", "docker ok", "docker alive",
             "host machine", "the os", "operating system"),
    "load": (
        "load averages", "system load",
       "load average", "load avg"),
    "identity": (
        "kind of thing are you", "sort of thing are you", "kind of container are you",
        "sort of container are you", "type of container are you",

        "are you called", "should i call you", "your mission", "your duty", "your responsibility",
        "your responsibilities", "are you responsible for", "in charge of", "your reason for",
        "what are you good for", "what are you good at", "your use", "how can you", "what you can do",
        "what else can you", "what things can", "commands do you", "things can i ask", "what do you answer",
        "the point of you", "why do you exist", "state your", "present yourself", "describe yourself",
        "describe your role", "are you a bot", "are you a robot", "language model",
       "who are you", "what are you", "what can you do", "what can you tell", "what do you know",
                 "what can i ask", "what are you for", "what do you do", "what is your job", "what is your name",
                 "your name", "who am i talking to", "who is this", "who am i speaking to", "introduce yourself",
                 "what are you allowed to do", "what are you able to do", "tell me about yourself",
                 "what should i ask", "what is your role", "about yourself", "explain yourself", "speaking with",
             "questions do you", "questions can i", "can i ask you",
             "your function", "your purpose", "what you do", "talk to a human",
             "speak to a human", "talk to a person", "talk to someone", "are you real",
             "are you a human",
                 "what is this", "how do you work", "how can you help", "what are your abilities",
                 "what may you do", "your capabilities", "your permissions", "are you an ai", "what kind of container"),
    "image": (
        "running latest", "on latest", "latest tag", "the newest",

        "code version", "app version", "software version", "version of the app", "version of the software",
        "version number", "running version", "version are you", "latest version", "newest version", "up to date",
        "out of date", "what release", "which release", "git sha", "commit hash", "docker image", "docker images",
        "container image", "image tag", "image name", "made of", "shipped with", "build number", "build date",
       "made from", "built from", "based on", "base image", "when were you created", "when was it created",
              "when were you built", "which build", "what build"),
    "dependencies": (
        "can you reach the", "able to reach", "do you reach", "can you see the",

        "rely upon", "depend upon", "depends upon", "who do you depend", "speaks to", "speak to", "connects to",
        "connect to", "connecting to", "link to", "linked to", "interact with", "interacts with",
        "communicate with", "communicates with", "communicating with", "wired to", "hooked up to",
        "attached services", "need in order to", "need to work", "need to run", "need to function",
        "needed for you", "goes down with you", "affected if", "affected when", "affected by you", "impact if",
        "impact of you", "if you go down", "if you die", "when you go down", "if you went down", "who would notice",
        "who would suffer", "who depends", "what depends", "who relies", "what relies", "which database",
        "which db", "what db", "what database", "database do you use", "service map", "services map",
        "dependency graph", "dependency tree", "call graph", "containers are you connected", "in front of you",
        "behind you", "sits behind", "sits in front", "upstream of you", "downstream of you", "sends you",
        "requests come from", "requests from",
       "who do you talk to", "talk to", "talks to", "talking to", "who uses you", "uses you",
                     "use you", "who calls you", "calls you", "calling you", "connected to", "who needs you",
                     "needs you", "need you", "without you", "would break", "breaks if", "break if", "happens if",
             "happens when",
                     "do you need", "do you require",
                     "relies on you", "rely on you", "depends on you", "depend on you", "who do you call",
                     "containers do you use", "blast radius", "do you use to", "do you connect to",
                     "other containers", "which containers do you", "what else do you use", "who is using you"),
    "mounts": (
        "store its data", "store the data", "data stored", "stores its data", "keep its data", "keep the data",
        "data go", "its data live",

        "mapped from the host", "from the host filesystem", "host filesystem", "host file system",

        "v flags", "shared with the host", "shared folders", "shared directories", "host directories", "host paths",
        "host path", "host folder", "host folders", "where do you store", "where do you keep",
        "where does your data", "where is your data", "data persisted", "data persistent", "data survive",
        "survive a recreate", "lose data", "lose your data", "data loss", "persistent storage", "persistent data",
        "data dir", "data directory", "data folder", "attached volumes", "attached storage",
       "your data", "data stored", "store your data", "stored on disk", "keep your data", "data live",
             "data kept",
               "bind mount", "bind mounts", "docker volume", "docker volumes", "data volume", "data volumes"),
    "services": (
        "your services", "service list", "what do you provide", "do you provide", "what do you offer",
        "do you offer", "which apps", "what apps", "server processes", "http server", "web app", "serve traffic",
        "serving traffic", "serve requests", "serving requests", "accepting connections", "accept connections",
        "accepting requests", "taking requests", "taking traffic", "up inside", "alive inside",
       "what is running inside", "running inside", "runs inside", "what do you run", "what do you serve",
                 "what are you running", "what runs in", "what is listening", "web server", "running in there",
                 "what is running in you", "what is inside", "what is in there", "what are you serving",
                 "what is running", "what is up and running", "what do you host", "are you hosting"),
    "processes": (
        "docker top", "pid 1", "pid one", "init process", "child processes", "how many threads",
        "number of threads", "thread count", "process count", "number of processes", "running binaries",
        "which binaries", "what binaries", "what executables", "ps output", "ps -aux", "ps auxf", "ps axf",
        "executing inside",
       "process list", "process tree", "ps aux", "ps -ef", "how many processes", "top processes",
                  "running processes"),
    "howlong": (
        "how many days", "how many hours", "how many minutes", "how many weeks", "how many seconds",
        "what time did", "at what time", "what date", "on what day", "since what time", "from when",
        "for what time", "which day",
       "how long", "how old", "when did", "when have you", "when was", "when were"),
    "uptime": (
        "on since",

        "came up", "come up when", "last restart time", "time since start", "time since boot", "time since last",
        "running since", "alive since", "dead since", "start date", "started at", "boot time", "startup time",
        "started up", "online since", "offline since", "start timestamp", "been alive", "been running",
        "been online", "been dead", "been offline",
       "since when", "up since", "been up", "what time did you",
               "last start", "last boot", "last started", "when were you last started", "when was your last",
               "when were you started", "start time", "down since"),
    "roster": (
        "who is running", "who is up", "who is alive", "who is online",

        "who is out there", "is out there", "who else", "all the containers", "all containers",
        "list of containers", "names of all", "container names", "container list", "the whole fleet",
        "fleet overview", "overview of the fleet", "whole stack", "the stack", "all services here",
        "everybody here", "what exists", "up on this host", "lives here", "live here", "deployed here",
        "on this machine", "on this server", "on this box", "do we run", "are we running", "we got running",
        "containers do we have", "how many containers", "count containers", "containers count",
        "containers are there", "count of containers",
       "docker ps", "who is there", "who is here", "who else is there", "what do we have", "what have we got",
             "list everything",
             "what is running on this host", "what runs here", "who all is there",
             "running on this host", "running on this machine", "running on the host", "running on this box",
             "what else is running", "show everything", "who is around", "running here", "on this docker"),
    "comparing": (
        "stack up", "stacks up", "measure up", "up against", "next to each other", "next to", "how does it compare",
        "heavier than", "lighter than", "bigger than", "smaller than", "busier than",
       "side by side", "difference between", "compared to", "against each other", "in comparison",
                  "head to head", "relative to each other"),
    "touched": (
        "diff from", "diff since", "diff to", "compared to yesterday", "compared to before",
        "compared with yesterday", "compared to last", "than before", "than yesterday", "vs yesterday",
        "different from before", "different now", "changed since", "been updated", "last updated", "been deployed",
        "last deployed", "last deploy", "last change", "last changed", "latest change", "latest changes",
        "latest deploy", "latest deployment", "change log", "what is changed", "been altered", "been modified",
        "been touched", "been changed", "mess with", "messed with", "messing with", "fiddle with", "fiddled with",
        "tinker with", "tinkered with", "play with", "played with", "touch you", "touched you", "redeploy you",
        "deploy you", "update you", "updated you", "deployed you", "redeployed you", "swap you", "swapped you",
        "replaced you", "new version", "new release", "new deploy", "new deployment", "rolled out", "a rollout",
        "someone deploy", "somebody deploy", "anyone deploy", "anybody deploy", "someone redeploy",
        "anybody redeploy", "anyone touch", "anybody touch", "someone touch", "someone change", "anybody change",
        "somebody change", "what is fresh", "config change", "config changes", "configuration change",
        "any modifications", "any difference", "any differences",
       "did you change", "was there a deploy", "recent changes", "any changes", "anything new",
                "what is different", "what is new", "did anyone change", "did somebody touch", "what changed",
                "who changed", "was it changed", "new with you", "new since"),
    "oftenq": (
        "what number of times", "count of restarts",
       "how often", "how many times", "how frequently"),
    "zombie": ("zombie processes",),
    "containers": ("any container", "which container", "every container", "each container", "what container",
                   "one container", "another container"),
    "self": (
        "this thing", "this one", "that thing", "this box of yours",
       "this container", "the container", "our container", "your container", "my container", "that container"),
    "capable": (
        "entitled to", "may you consume", "can you consume", "could you consume", "let you use", "allowed to use",
        "allowed to have", "allowed to take", "your slice", "slice of the box", "slice of the host",
        "slice of the machine", "your share of", "your budget", "your allowance",
       "can you take", "may you take", "can you eat", "can you get", "may you use", "can you use",
             "may you have", "can you have", "could you use", "are you allowed",
             "are you permitted"),
    "here": ("how is", "how are", "how was", "how were"),
    "near": (
        "vs limit", "versus limit", "vs the limit", "vs quota", "vs cap", "vs limits", "against the limit",
        "of the limit", "of your limit", "compared to the limit", "relative to the limit", "to the limit",
    ),
    "reaches": (
        "reach the", "reach its", "reach ‹name›",

    ),
    "forecast": (
        "how long until", "how long till", "how long before", "how soon", "when will", "how much longer",
    ),
    "follow": ("what about", "how about", "same for", "and what about", "and how about", "same question for",
               "same with", "ditto for", "now for", "and for"),
    "hello": ("good morning", "good evening", "good afternoon", "good day"),
    "cpu": (
        "how busy", "under load", "cpu time", "maxed out", "maxing out", "running hot", "how hot", "cpu bound",
        "pegging the cpu", "working hard", "how hard", "under pressure",
    ),
    "throttle": (
        "being throttled", "getting throttled", "cfs quota", "waiting because of quota", "because of quota",
        "starved of cpu", "starved for cpu",
    ),
    "fate": (
        "what happened to", "what has happened to", "what happened with",
    ),
    "env": (
        "e flags", "docker env", "env file", "settings from the environment", "passed in from",
        "settings from environment", "configured via env", "config from env", "from environment",
        "from the environment",
    ),
    "logs": (
        "last words", "last lines", "last line", "last log", "docker logs", "what are you saying",
        "what are you writing", "what did you say", "what did you write", "did you say", "recent output",
        "program output", "console output", "terminal output", "stdout and stderr", "what is it saying",
        "what is it printing", "print recently", "log tail", "tail -f", "logs -f", "log file", "log files",
        "log messages", "log entries", "log output", "log stream", "log volume of lines",
    ),
    "limits": (
        "docker limits", "resource limits", "resource limit", "upper bound", "upper limit",
        "hard limit", "soft limit", "max memory", "memory max", "cpu max", "max cpu", "pids max", "pids limit",

    ),
}  # fmt: skip

# Programs people ask about by name; "is redis up?" is a question about services.
PROGRAMS: frozenset[str] = words(
    """nginx apache httpd apache2 caddy haproxy traefik envoy python uvicorn gunicorn flask django celery
    fastapi node nodejs java tomcat php php-fpm ruby rails puma redis redis-server valkey memcached postgres
    postgresql pg psql mysql mariadb mongo mongodb rabbitmq kafka cron crond sshd ssh supervisord tini
    elasticsearch minio db database queue broker cache proxy webserver api frontend web website site sidekiq rq
    beat scheduler"""
)
# What several programs are called in one word: asked-for word → program names it may stand for.
PROGRAM_GROUPS: dict[str, tuple[str, ...]] = {
    "db": ("postgres", "mysql", "mariadb", "mongo", "sqlite"),
    "database": ("postgres", "mysql", "mariadb", "mongo", "sqlite"),
    "pg": ("postgres",), "psql": ("postgres",), "postgresql": ("postgres",), "redis-server": ("redis",),
    "cache": ("redis", "valkey", "memcached"),
    "queue": ("rabbitmq", "kafka", "redis"), "broker": ("rabbitmq", "kafka"),
    "proxy": ("nginx", "haproxy", "traefik", "caddy", "apache", "envoy"),
    "webserver": ("nginx", "apache", "caddy", "httpd"),
    "web": ("nginx", "apache", "caddy", "httpd"), "website": ("nginx", "apache", "caddy", "httpd"),
    "site": ("nginx", "apache", "caddy", "httpd"), "frontend": ("nginx", "apache", "caddy", "httpd", "node"),
    "api": ("python", "uvicorn", "gunicorn", "node", "java"), "uvicorn": ("uvicorn", "python"),
    "gunicorn": ("gunicorn", "python"), "flask": ("python", "flask"), "django": ("python", "django"),
    "fastapi": ("python", "uvicorn"), "crond": ("cron",), "ssh": ("sshd",), "nodejs": ("node",),
    "httpd": ("apache", "httpd"), "apache2": ("apache",),
}  # fmt: skip

# Ordinary words that say nothing about the topic, and are nobody's name.
NEUTRAL: frozenset[str] = words(
    """besides main additional extra sole separate aside common special typical regular random single double
    primary secondary former latter entirely mostly mainly partly slightly heavily badly strongly barely
    hardly suddenly immediately instantly gradually constantly behave behaving behaviour behavior acting act
    acts react reacts treat handle handles handling manage manages managing cope coping survive stay stays
    staying remain remains lasting wondered ponder heading headed bound thought thoughts opinion view views
    feeling feelings impression verdict answerable sense ideas notion hand hands eye eyes head foot feet
    heart woke wake asleep sleep sleeping dream shop store checkout appear appears appeared appearing turns
    becoming become became grew appreciated appreciate ta related relating relevant irrelevant associated
    owner owned owns owning person bottom middle front rear upper early late sooner afterward million billion
    thousand hundred dozen zero kindest quickest easiest simplest amigo comrade
    captain chief doc doctor
    someone somebody's bunch loads tons plenty several various certain particular specific regarding towards
    toward among amongst beyond despite except unless though although however therefore hence thus nor pretty
    fairly totally absolutely definitely certainly clearly obviously apparently supposedly literally practically
    seriously frankly truly indeed tad super customer colleague colleagues ops sre devs developer engineer
    engineers support shift standup sysadmin rookie newbie
    folk everyone's anyone's dude pal chap mister sweetie honey dear fella lad wait hang hmmm aha erm umm yikes
    damnit dammit bruh welp alas figure figures matter matters minor major serious important urgent urgently
    priority critical confirm confirmed verify verified clarify elaborate describe mention observe observed notice
    noticed spot spotted experience experiencing face facing report reported reporting gather collect collected
    fetch retrieve obtain provide supply present presented state stating tells telling saw sees seeing wonders
    real really true false correct incorrect right wrongful exact precise precisely rough estimate estimated guess
    guessing assume assuming believe afraid scared nervous glad pleased satisfied thing's place places area areas
    item items piece pieces bits set sets group groups begin end ends ending finally final ultimately eventually
    originally initially previously formerly prior earlier beforehand afterwards meanwhile monday tuesday
    wednesday thursday friday saturday sunday weekend january february march april june july august september
    october november december lunchtime o'clock daily hourly weekly monthly continuously nonstop non-stop hit hits
    hitting touch reach clients traffic-wise wise per-second individual individually separately respective
    respectively cool sweet awesome lovely excellent perfect brilliant fantastic terrible horrible awful miserable
    literal plain simple easy basic quick-and-dirty summary-wise english human-readable readable format business
    management executive stakeholders meeting-friendly deadline testing
    live exist existing exists still-alive hello-there greetings-again alot aswell anyways
    nowadays btw fyi imo afaik iirc tbh asap eta
    a an the my our their his her some i me mine myself you your yourself we he she they them us of to for
    from by at on in into out with without about around per as if then than so too very really quite just only
    also even still yet already again once ever never always sometimes and or but not no yes yeah yep nope nah
    oh ah well please thanks do does doing done did can could would should will shall may might must let get
    gets got getting give gives given go goes going make makes made take put say says said tell told know think
    want need like look looking looks see seen seem seems find found try tried use used using work keep kept
    happen feel feels have has had having be is are was were been being am that this these those there here
    where when what who which how why it its one ones two three both other another each every all any anything
    anyone anybody something someone somebody nothing none much many more less most few lot lots bit little big
    small high low right left now today tonight yesterday tomorrow morning afternoon evening night week weeks
    month months day days hour hours minute minutes min mins second seconds sec secs s m h d ago past last next
    first since until till before after during while currently current present presently moment lately recently
    recent soon later quick quickly short shortly brief briefly simple simply exactly actual actually honest
    honestly basically generally overall total totally whole entire complete completely full fully hey man dude
    mate bro buddy friend folks guys team sir boss kindly ok okay sure maybe perhaps possible possibly able own
    same different such kind kinds sort type types thing things stuff way ways part parts detail details
    detailed info information data line lines message messages number numbers list show name names named called
    check want wanted wish wondering wonder curious question ask asking asked answer explain describe display
    print report tell me give us through between against over under up down off upon inside outside within
    across behind near time times percent percentage mb gb kb mib gib gigs gig megs meg bytes byte kilobytes
    megabytes gigabytes average avg peak rate normal usual usually supposed because due getting got back away
    new old long hard easy bad good nice fine great better best worse worst whatever whichever whose whether
    else instead rather enough almost nearly roughly approximately least latest hell heck fuck fucking shit damn
    crap bloody freaking earth world lol haha ffs omg wow ouch ugh ready fix page paged oncall incident users
    customers people somebody somewhere speak hear heard read watch help idea clue reason point sign signs
    chance expected happening doing lately talk bring brought provide provides share get fetch pull pulling
    pulled eat eats eating burn seeing saying writing wrote writes print throw throws throwing thrown produce
    produced show showing shows include including listed contains contain containing mention mentioning mentions
    mentioned match matching with grep filter attached belong belongs live lives living sit sits sitting stand
    stands standing set sets open opened closed hold holding holds mean means meant touching anyhow anyway maybe
    plus alone together apart per each side sides word words sentence cut story deal available assigned given
    per granted possible attach use shape look performing perform performance going fare faring currently
    deployed level levels wanna happened came comes come again stat per moment instance workload external
    internal externally internally public private local locally outside outer inner side address world respond
    answer answering accept accepting accepts incoming outgoing requests request connections clients client turn
    turned switched switch ran runs overnight hot cold warm idle quiet quietly loud fast faster safe hope hopefully "
    "sth smth sort word deal care dear mine
     red flag fun game"""
)

# Words (or stems) of other worlds: one of them and the question is not about containers here.
FOREIGN: frozenset[str] = words(
    """weather sky rain raining rainy snow sunny forecast temperature joke jokes poem poems haiku song songs lyrics
    music movie movies film recipe cook cooking pizza lunch dinner breakfast restaurant coffee beer football
    soccer president king queen minister election capital country countries city cities france germany berlin
    paris london rome tokyo america europe china mountain everest ocean planet moon sun universe translate
    translation spanish french german italian chinese japanese language flight flights hotel ticket tickets
    travel tesla car cars market bitcoin crypto price prices salary money buy sell girlfriend boyfriend wife
    husband marry sad lonely bored birthday horoscope zodiac religion god politics elephant dog dogs cat cats
    animal animals dinosaur titanic math maths calculus algebra equation integral derivative life creator homework "
    "sandwich quantum
    physics chemistry biology philosophy meaning photosynthesis gravity github gitlab slack aws azure gcp jira
    cloudflare netflix google facebook twitter instagram youtube amazon apple microsoft macbook iphone android
    laptop phone pc whatsapp email gmail outlook calendar meeting salesforce stripe kubernetes kubectl terraform
    ansible jenkins vercel heroku poetry essay story novel homework exam resume letter tweet blog article script
    coding javascript typescript rust golang algorithm fibonacci regex learn teach tutorial course recommend
    recommendation reddit wikipedia openai anthropic gemini bing yahoo spotify tiktok discord zoom"""
)

# Asked of us as a deed: verb at the head of the sentence ("delete your volume", "can you stop it"). → kind of refusal.
DEEDS: dict[str, str] = {
    **dict.fromkeys(
        words(
    """delete remove rm drop destroy wipe erase purge prune clean clear truncate stop kill shutdown halt
    terminate pause unpause resume scale resize upgrade downgrade update patch install uninstall deploy redeploy
    rollback revert edit modify change set unset add append create rename replace move copy attach detach
    disconnect enable disable increase decrease raise lower bump reduce extend expand grow double halve limit
    free allocate rotate flush reload reset restore backup migrate mount unmount format chmod chown expose
    publish open close block allow unblock firewall build rebuild push tag commit merge approve accept confirm
    fix repair heal optimize optimise tune configure renew drain evict grant revoke put turn shut pull start
    boot launch spin apply bring connect join downscale upscale
    compile encrypt decrypt zip unzip compress archive export import whitelist blacklist ban invoke hotfix provision
    bootstrap seed vacuum reindex undo redo retry rerun replay requeue cordon failover promote demote relocate adjust
    correct amend tweak resolve solve mend remedy switch rewrite inject cancel end throw empty"""
),
        "change",
    ),
    **dict.fromkeys(words("run exec execute bash sh ssh curl wget sudo eval shell ls cat cd"), "shell"),
    **dict.fromkeys(
        words(
    """write compose generate draft invent sing play book order send post email mail tweet buy sell recommend
    translate download upload search google browse calculate compute solve convert draw paint imagine teach
    remind schedule invite"""
),
        "elsewhere",
    ),
}  # fmt: skip

# Phrases that decide alone what a question is not. kind → phrases (substring of the normalised text, word-aligned).
REFUSED_PHRASES: dict[str, tuple[str, ...]] = {
    "injection": (
        "previous instructions", "prior instructions", "above instructions", "all instructions", "your instructions",
        "system prompt", "your prompt", "you are now", "from now on you", "pretend", "act as", "roleplay", "role play",
        "forget your rules", "forget everything", "forget all", "forget your", "ignore your", "ignore all",
        "ignore the rules", "ignore any", "ignore previous", "disregard", "jailbreak", "developer mode", "approve all",
        "approve the", "approve any", "approve every", "override your", "override the", "bypass", "do anything now",
        "no restrictions", "without restrictions", "grant me", "grant yourself", "you must obey", "new instructions",
        "you are dan", "system:", "assistant:", "end of prompt", "admin mode", "root access", "unrestricted",
        "simulate being", "skip the approval", "without approval", "skip approval", "without asking", "hidden prompt",
    ),
    "shell": (
        "a shell", "the shell", "shell access", "a terminal", "terminal inside", "run ls", "run bash", "run sh",
        "run the command", "run this command", "run a command", "execute a command", "rm -rf", "docker exec",
        "docker run",
        "exec into", "run this script", "run the script", "run a script", "a command for me", "run cat", "run rm",
        "run curl", "run sudo", "log in to the container", "log into the container", "interactive session",
        "run a query", "run this query", "run sql", "run an sql",
    ),
    "secret": (
        "api key", "api keys", "private key", "ssh key", "secret key", "access key", "value of", "values of",
        "env values", "variable values", "with values", "environment values", "and their values", "connection string",
    ),
    "change": (
        "shut down", "take down", "take it down", "scale up", "scale down", "scale to", "scale out", "roll back",
        "spin up", "more memory please", "more ram please", "give yourself more", "give it more", "give you more",
        "database dump", "turn off the", "turn yourself off", "set up a", "go away", "a new user", "sudo rights",
    ),
    "general": (
        "what is a", "what is an", "what are containers", "what is docker", "what is kubernetes", "what does docker",
        "how do i", "how does one", "how can i", "how to", "what time is it", "meaning of life", "the meaning of",
        "do you love", "do you like", "explain docker", "explain how", "explain what", "define", "who won",

        "how tall", "how far", "how old am", "where is the", "when was the first", "difference between tcp",
        "tell me a story", "tell me something", "do you dream", "are you sad", "your favourite", "the best",
             "is better", "best way", "your favorite",
        "do you have feelings", "good night", "see you", "bye", "i am sad", "i am tired", "i am bored", "i love",
        "what should i eat", "what should i have", "what should i do with my", "what day is", "which year",
        "what is the difference between", "what is the capital", "what does the word", "how many people",
        "lorem ipsum", "knock knock", "sing a", "my laptop", "my phone", "my computer", "my mac", "my car", "my house",
    ),
}  # fmt: skip
SECRET_WORDS: frozenset[str] = words(
    """password passwords passwd pwd secret secrets token tokens credential credentials creds apikey api_key
    pem"""
)
# Phrases of the "general" row that are questions for us after all when these follow.
GENERAL_BUT: tuple[str, ...] = (
    "how do i reach", "how do i connect", "how do i get to", "how do i access", "how can i reach", "how can i connect",
    "how can i access", "how do i find you", "reach you", "connect to you", "access you", "talk to you",
    "what is a problem", "how can i get to",
    "who is the biggest", "who is the busiest",
    "who is the most", "who is the worst", "who is the heaviest", "who is the hungriest", "what is a quick",
    "what is an issue", "how do i talk to", "how can i talk to", "what is available", "what is active",
    "who is the largest", "where is the data", "where is the database", "where is the log", "who is the slowest",
    "who is the owner", "what is about", "what is all",
)  # fmt: skip
CHAT: frozenset[str] = words("thanks thank bye goodbye cheers cya goodnight lol haha nice cool congrats sorry")


@dataclass(frozen=True, slots=True)
class Rule:
    """`need`: every word one topic, `a|b` either. `unless`: none of these. `drops`: intents this one makes moot."""

    intent: str
    need: str
    unless: str = ""
    drops: str = ""


RULES: tuple[Rule, ...] = (
    # several at once
    Rule(
        "compare",
        "comparing",
        unless="touched changes near",
        drops="biggest list status services why host changes memory cpu disk network uptime restarts limits",
    ),
    Rule("compare", "more two or", drops="biggest status services memory cpu disk network uptime restarts limits"),
    Rule(
        "compare",
        "more or who|which",
        drops="biggest status services host memory cpu disk network uptime restarts limits",
    ),
    Rule(
        "biggest",
        "superlative who|which|containers|host|consume|what",
        unless="processes comparing two near logs errors events self",
        drops="memory cpu disk network restarts status services host list wrong processes limits uptime dependencies "
        "why restart",
    ),
    Rule(
        "biggest",
        "superlative memory|cpu|disk|netio|restarts|uptime|howlong",
        unless="processes comparing two near logs errors events self limits",
        drops="memory cpu disk network restarts status services host list limits",
    ),
    Rule(
        "biggest",
        "who consume memory|cpu|disk|netio|host|restarts|oftenq",
        unless="comparing two self near",
        drops="memory cpu disk network restarts status services host list dependencies restart",
    ),
    Rule(
        "biggest",
        "who cpu|memory",
        unless="comparing two self near limits",
        drops="memory cpu disk network restarts status services host list dependencies restart",
    ),
    Rule("list", "roster", unless="wrong errors", drops="status services host processes dependencies"),
    Rule(
        "list",
        "containers list|which|what|all|many",
        unless="wrong dead dependencies health superlative why identity restarts slow memory cpu comparing",
        drops="status services host identity",
    ),
    Rule("list", "containers bare", unless="wrong dead health"),
    Rule("status", "check name|self"),
    Rule("list", "list nothing", unless="name self how"),
    Rule("status", "list nothing name"),
    Rule(
        "list",
        "all list",
        unless="wrong ports env logs errors events processes services mounts network image limits "
        "config comparing memory cpu disk",
    ),
    Rule(
        "biggest",
        "which|containers consume memory|cpu|disk|netio",
        unless="comparing two self near processes",
        drops="memory cpu disk network restarts status services host list dependencies restart",
    ),
    Rule(
        "compare",
        "more than",
        unless="since",
        drops="biggest status services memory cpu disk network uptime restarts limits",
    ),
    Rule("compare", "more two", drops="biggest status services memory cpu disk network uptime restarts limits"),
    # causes
    Rule(
        "why",
        "why",
        drops="status health wrong services restarts uptime events identity restart list changes logs "
        "dependencies image",
    ),
    Rule("why", "slow", unless="superlative", drops="status wrong health cpu services"),
    Rule(
        "why",
        "explain dead|restarts|slow|errors|health|wrong|throttle",
        drops="status restarts health wrong errors cpu",
    ),
    Rule("why", "fate", unless="period wrong", drops="status health services uptime events restarts changes logs"),
    Rule("events", "fate period", unless="why", drops="status services uptime restarts changes"),
    # proposals of its own come with what is wrong
    Rule("wrong", "improve", unless="why", drops="changes status identity services list"),
    Rule("wrong", "wrong", unless="why", drops="status list services events"),
    Rule(
        "wrong",
        "who|which|all|containers dead|health",
        unless="why when since programs services uptime howlong self name",
        drops="status health list services",
    ),
    Rule("wrong", "any dead", unless="why when since who name self restarts oftenq logs", drops="status"),
    # a change that we propose
    Rule(
        "restart",
        "restart",
        unless="did oftenq when why policy many keep any recent long since comparing logs events restarts uptime",
        drops="status changes uptime restarts services list host",
    ),
    # time
    Rule("restarts", "restarts", unless="why when superlative who", drops="status events errors wrong"),
    Rule(
        "restarts",
        "restart did|oftenq|many|keep|any|recent",
        unless="why when policy superlative who howlong",
        drops="status events uptime",
    ),
    Rule("restarts", "dead oftenq|keep|many", unless="why superlative who", drops="status uptime"),
    Rule(
        "restarts",
        "crashed did",
        unless="why when who not or since programs any howlong alive services errors logs memory events",
        drops="status",
    ),
    Rule("uptime", "uptime", unless="oftenq", drops="status processes services restart"),
    Rule(
        "uptime",
        "howlong self|name|alive|dead|start|restart|restarts|bare",
        unless="oftenq image",
        drops="status processes restarts services restart",
    ),
    Rule("uptime", "when start|dead|alive|restart|restarts", unless="oftenq", drops="status restarts restart services"),
    Rule(
        "uptime",
        "since dead|alive|start",
        unless="events changes errors logs restarts touched",
        drops="status restarts",
    ),
    # what is written
    Rule("errors", "errors", unless="policy health", drops="logs wrong status services"),
    Rule("errors", "wrong logs", drops="wrong logs status"),
    Rule("logs", "logs", unless="logdriver env", drops="status events services list"),
    Rule("events", "events", unless="wrong why", drops="status list"),
    Rule("changes", "touched", drops="status events services image dependencies"),
    Rule("changes", "changes image did", unless="when howlong what which", drops="image events status"),
    Rule("changes", "changes", unless="image comparing", drops="status events"),
    # the machine
    Rule(
        "host",
        "host",
        unless="programs mounts ports policy superlative consume comparing roster why capable",
        drops="memory cpu disk status services image network limits",
    ),
    Rule("host", "load", unless="cpu memory disk self", drops="cpu status"),
    # numbers
    Rule("limits", "limits", unless="near slow", drops="memory cpu processes disk status network"),
    Rule(
        "limits",
        "granted memory|cpu",
        unless="host who comparing superlative",
        drops="memory cpu",
    ),
    Rule("limits", "capable memory|cpu|disk|processes|usage|big|much", drops="memory cpu processes disk status"),
    Rule("memory", "memory", unless="errors"),
    Rule("cpu", "cpu|throttle"),
    Rule("cpu", "load", unless="host memory"),
    Rule("disk", "disk|diskio"),
    Rule(
        "disk",
        "full",
        unless="memory cpu many ports uptime limits roster dead network env health restarts",
        drops="status",
    ),
    Rule("disk", "write disk"),
    Rule("disk", "write much|many|big", unless="logs errors network memory cpu env image path", drops="uptime status"),
    Rule("disk", "mounts usage", unless="dependencies who which what where list", drops="mounts"),
    Rule("disk", "mounts full|near|big", drops="mounts"),
    Rule("disk", "path big|full|usage|much", unless="mounts"),
    Rule("memory", "amount many|much self", unless="disk diskio netio network limits path mounts logs image"),
    Rule("memory", "amount usage|consume", unless="disk diskio netio network limits path mounts"),
    Rule(
        "memory cpu",
        "usage",
        unless="memory cpu disk diskio netio network ports services programs dependencies host env "
        "image mounts processes limits containers throttle config user errors logs amount why slow path capable",
        drops="status",
    ),
    Rule("network", "network|netio"),
    Rule("network", "io", unless="disk diskio"),
    Rule("ports", "ports", drops="host status services"),
    Rule("changes", "comparing period", unless="two", drops="compare"),
    # what it is
    Rule("dependencies", "reaches programs|two", unless="how where what which ports", drops="ports services status"),
    Rule("ports", "reaches", unless="programs two"),
    Rule("ports", "reaches how|where|what|which", drops="services status"),
    Rule(
        "processes",
        "what|which|who inside consume",
        unless="containers limits disk",
        drops="cpu memory biggest services",
    ),
    Rule("processes", "processes|zombie", unless="limits", drops="status services list"),
    Rule("env", "env", unless="status health", drops="config services image status restart dependencies logs list"),
    Rule("mounts", "mounts", unless="full near", drops="host services config status"),
    Rule(
        "dependencies",
        "dependencies",
        unless="network logs memory cpu disk ports",
        drops="services status list network identity ports",
    ),
    Rule(
        "dependencies",
        "who talk",
        unless="memory cpu disk diskio netio network superlative more two ports amount limits host containers "
        "logs errors image env mounts services hello identity self",
        drops="memory cpu",
    ),
    Rule("dependencies", "programs talk", unless="alive ok health memory cpu disk", drops="services status"),
    Rule("image", "image", unless="host env who", drops="status services uptime"),
    Rule(
        "config",
        "config|policy|logdriver|readonly|command|user",
        unless="wrong env superlative",
        drops="status restart restarts logs services uptime image disk host",
    ),
    Rule("identity", "identity", unless="services roster", drops="status list services"),
    # how it is
    Rule("health", "health", unless="who which containers", drops="status wrong"),
    Rule("health", "check ok", drops="status"),
    Rule("services", "services", unless="config env image logs errors", drops="status"),
    Rule(
        "services",
        "programs",
        unless="why memory cpu disk netio network logs errors uptime restarts restart dependencies "
        "ports config image limits events wrong health env mounts processes talk slow changes touched superlative",
        drops="status",
    ),
    Rule("services", "what alive", unless="containers why wrong dead ok status roster", drops="status"),
    Rule("status", "status"),
    Rule("status", "here self|name"),
    Rule("status", "alive|ok|dead be|self|name|bare|did|still|not|or", unless="programs why"),
)

# Intents that count only if nothing else was asked.
WEAK: frozenset[str] = frozenset({"status", "identity"})
# The number a superlative, a comparison, a limit or the host is asked about, by topic, first match wins.
METRICS: tuple[tuple[str, str], ...] = (
    ("memory", "memory"), ("cpu", "cpu"), ("throttle", "cpu"), ("load", "cpu"), ("disk", "disk"), ("diskio", "disk"),
    ("netio", "network"), ("network", "network"), ("restarts", "restarts"), ("restart", "restarts"),
    ("dead", "restarts"),
    ("uptime", "uptime"), ("age", "uptime"), ("processes", "processes"), ("errors", "errors"), ("slow", "cpu"),
)  # fmt: skip
