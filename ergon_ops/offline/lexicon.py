"""What words mean, in plain tables: add a word to a row, or a phrase, and the offline mind understands it.

`WORDS` gives a word its topics, `PHRASES` several words one topic (the longest wins, its words count for nothing
else). `RULES` turn topics into intents. A word that is in no table is *unknown*: it may be a typo of one that is.
"""

from __future__ import annotations

from dataclasses import dataclass


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Typed in a hurry → what is meant. Applied word by word before anything else.
SHORTHAND: dict[str, str] = {
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
    "info": "info", "abt": "about", "btw": "", "tho": "", "kinda": "", "hmm": "", "err": "", "uh": "", "um": "",
    "&": "and", "+": "and", "k8s": "kubernetes", "bout": "about", "lotta": "lot", "tf": "", "b": "be", "n": "and",
    "doin": "doing", "goin": "going", "runnin": "running", "db's": "db", "msgs": "messages", "msg": "messages",
    "cfg": "config", "conf": "config", "vers": "version", "ver": "version", "config's": "config", "o/s": "os",
}  # fmt: skip

# topic → words. A word may be in several rows.
WORDS: dict[str, str] = {
    # things
    "memory": "memory mem memories ram rss heap footprint oom ooming oomed memleak swap swapping leak leaking leaks",
    "cpu": "cpu cpus processor processors core cores busy burning pegged vcpu vcpus cycles compute spinning",
    "throttle": "throttle throttled throttling throttles",
    "disk": "disk disks diskspace storage space filesystem filesystems fs df du inode inodes iops blkio enospc",
    "write": "writing writes written reads reading",
    "netio": "traffic bandwidth throughput received receive receives receiving sent send sends sending bytes rx tx "
    "packets",
    "io": "io i/o",
    "network": "network networks networking "
    "ip ips ipv4 ipv6 address addresses subnet addr net hostname alias aliases dns",
    "ports": "port ports published publish publishing exposed expose exposes binding bindings mapping mappings "
    "mapped url endpoint browser reach reachable",
    "restarts": "restarts restarted restarting reboots rebooting rebooted flapping flaps bounced bouncing crashloop "
    "crashlooping looping crashes",
    "restart": "restart reboot bounce recycle relaunch",
    "logs": "log logs logging logged logfile logfiles stdout stderr print printed output outputs journalctl tail lines",
    "errors": "error errors exception exceptions traceback tracebacks stacktrace stacktraces stack fatal fatals "
    "panic panics 500s 5xx 502s 503s 504s warning warnings failures failing",
    "events": "event events happen timeline history happened happening happens",
    "changes": "changed change changes different deploy deployed deploys deployment redeployed rollout updated "
    "touch touched tampered altered modified differs",
    "health": "health healthy unhealthy healthcheck healthchecks healthiness sick ill",
    "check": "check checks probe probes",
    "services": "service services daemon daemons program programs serve serves serving app apps listening listen "
    "listens listener listeners software",
    "image": "image images tag tagged version versions build release digest sha revision created built",
    "config": "config configuration configured configs settings setting setup command cmd entrypoint privileged "
    "rootfs readonly uid root init params parameters options flags",
    "env": "env envs environment environments variable variables var vars envvar envvars",
    "mounts": "mount mounts mounted volume volumes vol vols bind binds persistent persistence folder folders "
    "directory directories",
    "processes": "process processes proc procs ps pid pids zombie zombies thread threads htop",
    "dependencies": "depend depends depended dependency dependencies dependents upstream upstreams "
    "downstream rely relies relying "
    "neighbours neighbors peers topology backends backend "
    "links linked connected connections connect connects consumers",
    "limits": "limit limits limited quota quotas cap caps capped constraint constraints constrained allowed allowance "
    "max maximum restricted ceiling ulimit ulimits",
    "uptime": "uptime booted boot launched age",
    "host": "host hosts machine box server node vm engine kernel hardware dockerd",
    "load": "load loadavg overloaded pressure",
    "containers": "container containers",
    "amount": "mb megabytes megabyte gb gigabytes gigabyte mib gib megs gigs kb kilobytes",
    "big": "big large size sized huge",
    "identity": "role purpose job introduce bot robot human person chatgpt gpt claude llm model ai "
    "capabilities capability help persona",
    "wrong": "wrong broken problem problems issue issues trouble troubles fire fires findings finding "
    "diagnose diagnosis worry worried complain complaints complaint suspicious odd weird alarming concern concerns "
    "concerning alert alerts bad fixing ailing hurting hurts suffering fishy amiss off",
    "slow": "slow delay delays delayed response responses bottleneck bottlenecks slows slowing slower slowness "
    "sluggish lag lags lagging laggy latency "
    "forever hanging hangs hung "
    "stuck "
    "unresponsive crawling timeouts",
    # states
    "alive": "alive breathing kicking ticking up running run working works online responding available reachable "
    "operational live awake",
    "dead": "dead down death die died dies dying crash crashed crashing exit exited exits stop stopped stops offline "
    "killed "
    "kill gone terminated unavailable quit quits fail failed fails",
    "start": "start started starts starting launch began begin come came",
    "ok": "ok okay okey fine good alright well great normal green happy stable passing succeed succeeds succeeding "
    "succeeded",
    "status": "status state sitrep condition situation report ping stats overview summary pulse vitals",
    "near": "close near nearing hitting hit reached reach reaching exceed exceeding over exhausted",
    "full": "full fill filling left free remaining room",
    "usage": "usage use uses using used consumption consuming utilization utilisation "
    "resource resources take takes taking",
    "consume": "use uses using eat eats eating burn burns burning consume consumes consuming hog hogs "
    "hogging take takes "
    "taking gobbling draining crash crashes restarts restarted",
    "than": "than",
    "age": "oldest youngest newest longest shortest",
    "more": "more bigger larger less smaller higher lower busier heavier faster",
    "superlative": "rank ranked ranking most biggest largest highest heaviest top worst hog hogs hogging busiest "
    "greediest "
    "oldest longest shortest least "
    "smallest lowest lightest fewest youngest newest fattest hungriest chattiest slowest",
    "least": "least shortest smallest lowest lightest fewest youngest newest",
    "comparing": "compare compared comparison compares vs vs. versus difference differences diff",
    "talk": "talk talks talking speak speaks speaking call calls calling connect connects connected rely depend need "
    "needs use uses using",
    # how it is asked
    "why": "why reason reasons cause causes causing",
    "when": "when",
    "what": "what",
    "who": "who whom whoever anyone anybody somebody everyone everybody nobody",
    "which": "which",
    "where": "where",
    "how": "how",
    "many": "many often frequently times count number amount",
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
}

# topic → phrases; the words of a phrase count for nothing else.
PHRASES: dict[str, tuple[str, ...]] = {
    "memory": ("out of memory", "working set", "memory leak", "mem leak", "eating memory", "ran out of memory"),
    "disk": ("volume usage", "usage of your volumes", "out of space", "out of disk", "disk space", "free space",
             "disk usage", "room left", "no space left",
             "space left", "disk full", "storage space", "out of inodes", "file system", "disk pressure"),
    "diskio": ("disk io", "disk i/o", "block io", "block i/o", "writing to disk", "reading from disk", "write to disk",
               "read from disk", "disk activity", "disk writes", "disk reads", "disk throughput"),
    "improve": ("would you change", "should i change", "should be changed", "could be better", "would you improve",
                "should i improve", "could you improve", "you be improved", "any recommendations", "any suggestions",
                "do you recommend", "would you recommend", "do you suggest", "would you suggest", "should i tune"),
    "netio": ("net io", "network io", "network i/o", "bytes in", "bytes out", "network usage", "network traffic",
              "data received", "data sent", "network throughput", "network activity", "network bandwidth",
              "data have you received", "data have you sent", "dropped packets", "packet loss", "in / out", "in/out"),
    "network": ("ip address", "ip addr", "mac address"),
    "ports": ("host port", "host ports", "open ports", "port mapping", "port mappings", "port binding",
              "port bindings", "point my browser", "from outside", "from the outside", "what port", "which port",
              "which ports", "reach you", "reach it", "connect to you", "get to you", "access you"),
    "restarts": ("restart count", "restart loop", "crash loop", "boot loop", "restart counter", "number of restarts",
                 "restarting all the time", "back off", "reboot loop", "restart history"),
    "restart": ("off and on", "mind restarting", "consider restarting", "try restarting", "mind rebooting",
             "turn it off and on again", "turn off and on", "off and on again", "kick it", "kick yourself",
                "have you tried turning it off and on again", "power cycle", "start over", "stop and start"),
    "policy": ("do you come back", "will you come back", "does it come back", "restart policy",
             "come back after a reboot", "come back after reboot", "come back by yourself",
               "restart automatically", "restart on failure", "restart when the host", "start on boot",
               "survive a reboot", "come back automatically", "restart after a crash"),
    "logdriver": ("log driver", "logging driver", "log-driver", "log rotation", "log options"),
    "user": ("run as", "running as", "which user", "what user", "running as root", "run as root", "as root",
             "root user", "user id"),
    "readonly": ("read only", "read-only", "readonly rootfs", "root filesystem"),
    "command": ("how were you started", "how are you started", "how did they start you", "how was it started",
                "started with", "what command", "command line", "start command", "which command"),
    "errors": ("stack trace", "stack traces", "anything failing in the logs", "error messages", "error message",
               "error lines", "error log", "error logs", "throwing 500", "status 500"),
    "events": ("what happened", "what has happened", "going on", "been going on", "what did docker see",
               "docker events", "engine events", "event history", "event log", "what occurred"),
    "health": ("health check", "health checks", "health probe", "health status"),
    "why": ("how come", "root cause", "what killed", "what caused", "what causes", "what made", "what makes",
            "what for reason",
            "what is the matter", "what ails", "what is up with the", "for what reason", "what is making", "who killed",
            "what happened to", "what is behind", "what broke", "explain why", "what led to"),
    "wrong": ("red flags", "red flag", "a diagnosis", "a check", "needs fixing", "need fixing", "what is wrong",
             "anything wrong", "on fire", "anything broken",
             "something off", "need to worry",
              "should i worry", "out of the ordinary", "look at first", "needs attention", "need attention",
              "what hurts", "not right", "not ok", "not okay", "not working", "what is going on", "acting up",
              "misbehaving", "in trouble", "what should i fix", "anything off", "pay attention to", "should look at",
             "should know", "be worried", "should see"),
    "slow": ("holding you back", "hold you back", "holds you back", "taking forever", "takes forever", "so long",
             "not responding", "response time", "response times",
             "taking so long", "too long", "times out", "timing out", "bad performance", "poor performance"),
    "dead": ("not running", "not up", "not alive", "not start", "not starting", "never started", "never came up",
             "not come up", "fell over", "went down", "go down", "gone down", "not started", "never come up",
             "knocked over", "blew up", "blow up", "bit the dust"),
    "status": ("the deal with", "how you are", "how it is", "how things are", "how it goes", "how they are",
               "exit code", "exit status", "return code", "up or down", "dead or alive", "what is up",
               "how is it going", "how are things", "how are you", "how do you do", "how do you feel",
               "how is life", "holding up", "how goes it", "still there", "you there", "anybody home",
               "quick look", "are you there", "what is your deal", "still with us", "you feeling", "how you doing"),
    "host": ("the node", "this node", "docker version", "engine version", "version of docker", "docker engine",
             "docker daemon",
             "the docker", "is docker", "docker ok", "docker alive",
             "host machine", "the os", "operating system"),
    "load": ("load average", "load avg"),
    "identity": ("who are you", "what are you", "what can you do", "what can you tell", "what do you know",
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
    "image": ("made from", "built from", "based on", "base image", "when were you created", "when was it created",
              "when were you built", "which build", "what build"),
    "dependencies": ("who do you talk to", "talk to", "talks to", "talking to", "who uses you", "uses you",
                     "use you", "who calls you", "calls you", "calling you", "connected to", "who needs you",
                     "needs you", "need you", "without you", "would break", "breaks if", "break if", "happens if",
             "happens when",
                     "do you need", "do you require",
                     "relies on you", "rely on you", "depends on you", "depend on you", "who do you call",
                     "containers do you use", "blast radius", "do you use to", "do you connect to",
                     "other containers", "which containers do you", "what else do you use", "who is using you"),
    "mounts": ("your data", "data stored", "store your data", "stored on disk", "keep your data", "data live",
             "data kept",
               "bind mount", "bind mounts", "docker volume", "docker volumes", "data volume", "data volumes"),
    "services": ("what is running inside", "running inside", "runs inside", "what do you run", "what do you serve",
                 "what are you running", "what runs in", "what is listening", "web server", "running in there",
                 "what is running in you", "in there", "what is inside", "what is in there", "what are you serving",
                 "what is running", "what is up and running", "what do you host", "are you hosting"),
    "processes": ("process list", "process tree", "ps aux", "ps -ef", "how many processes", "top processes",
                  "running processes"),
    "howlong": ("how long", "how old", "when did", "when have you", "when was", "when were"),
    "uptime": ("since when", "up since", "been up", "what time did you",
               "last start", "last boot", "last started", "when were you last started", "when was your last",
               "when were you started", "start time", "down since"),
    "roster": ("docker ps", "who is there", "who is here", "who else is there", "what do we have", "what have we got",
             "list everything",
             "what is running on this host", "what runs here", "who all is there",
             "running on this host", "running on this machine", "running on the host", "running on this box",
             "what else is running", "show everything", "who is around", "running here", "on this docker"),
    "comparing": ("side by side", "difference between", "compared to", "against each other", "in comparison",
                  "head to head", "relative to each other"),
    "touched": ("did you change", "was there a deploy", "recent changes", "any changes", "anything new",
                "what is different", "what is new", "did anyone change", "did somebody touch", "what changed",
                "who changed", "was it changed", "new with you", "new since"),
    "oftenq": ("how often", "how many times", "how frequently"),
    "zombie": ("zombie processes",),
    "containers": ("any container", "which container", "every container", "each container", "what container",
                   "one container", "another container"),
    "self": ("this container", "the container", "our container", "your container", "my container", "that container"),
    "capable": ("can you take", "may you take", "can you eat", "can you get", "may you use", "can you use",
             "may you have", "can you have", "could you use", "are you allowed",
             "are you permitted"),
    "here": ("how is", "how are", "how was", "how were"),
    "follow": ("what about", "how about", "same for", "and what about", "and how about", "same question for",
               "same with", "ditto for", "now for", "and for"),
    "hello": ("good morning", "good evening", "good afternoon", "good day"),
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
    """a an the my our their his her some i me mine myself you your yourself we he she they them us of to for
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
    sky red flag fun game"""
)

# Words (or stems) of other worlds: one of them and the question is not about containers here.
FOREIGN: frozenset[str] = words(
    """weather rain raining rainy snow sunny forecast temperature joke jokes poem poems haiku song songs lyrics
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
    boot launch spin apply downscale upscale switch rewrite inject cancel end throw empty"""
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
    "how can i access", "how do i find you", "what is a problem", "how can i get to",
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
        unless="touched changes",
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
    Rule("changes", "changes", unless="image comparing", drops="status events"),
    # the machine
    Rule(
        "host",
        "host",
        unless="programs mounts ports policy superlative consume comparing roster why",
        drops="memory cpu disk status services image network limits",
    ),
    Rule("host", "load", unless="cpu memory disk self", drops="cpu status"),
    # numbers
    Rule("limits", "limits", unless="near slow", drops="memory cpu processes disk status network"),
    Rule("limits", "capable memory|cpu|disk|processes|usage", drops="memory cpu processes disk status"),
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
    Rule("disk", "mounts full|near|big", drops="mounts"),
    Rule("disk", "path big|full|usage|much", unless="mounts"),
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
    # what it is
    Rule("processes", "processes|zombie", unless="limits", drops="status services list"),
    Rule("env", "env", unless="status health", drops="config services image status restart dependencies logs list"),
    Rule("mounts", "mounts", unless="full near", drops="host services config status"),
    Rule(
        "dependencies",
        "dependencies",
        unless="network logs memory cpu disk ports",
        drops="services status list network identity ports",
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
