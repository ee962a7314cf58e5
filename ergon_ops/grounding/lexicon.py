"""Words: of English, of programs, of causes, of acts. What is not in them is looked for in the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ergon_ops.grounding.lazy import lazily, words

# Parts of hyphenated English: "out-of-memory", "long-running", "non-root".
ENGLISH_PARTS = words(
    """
    a about ad after again all already and any as at available aware based be been before behind best better big bit
    bound bounded break broken bug build built built-in busy by call capable case cause check checks clean clear
    close co code cold coming common compatible consuming container containers core
    crash counter looping cores cost count cpu critical
    cross current daily data date day days dead deep default defined demand dependent depth detail details disk done
    double down driven due early easy effect effective either empty end ended error even event ever exit extra fact
    factor fail failed failure failure-free fast few file final fine first fit five fix fixed fledged follow for
    four free friendly from front full further general generated goes going good grade grained growing half hand
    hard health healthy heavy help hidden high hit hoc host hour hours how how-to human i idle in inside intensive
    inter internal io is it its just keep key kill killed known labeled labelled large last latency latest lead left
    less level life light like limit limited limits line list little live load local log logged logs long look
    looking loop lot low lower made main maker making managed max may medium memory micro mid min minor minute
    minutes mode month more most much multi my named near need needed net never new next no non none not now number
    occurring of off offs ok on once one only oom op open or other out over own owned page part party pass past peak
    per percent point policy poll poor port post power pre prem prepared present priority pro process prone proof
    proposed publish published quick quota ram range rate rates re reach read reads ready real recent related
    relevant reliable reporting requested resident restart root round run running runs safe same scale scaled second
    seconds seeming self semi sent series service set seven several shared short shot shut side since single six
    size sized slow small so soft some soon source spaced specific spike spiky stable stand standing start state
    steady step still stop sub such super sure swap system take tcp ten test than that the then there third this
    thread threaded threads three through tick tier tight time timed timeout times to too top total touch trip tuned
    turn two type udp ultra un under unhealthy unit unless unread until up upper uptime usage use used useful user v
    very via volume wait warm watch week weeks well what while who wide wise with within without work working world
    worst worth wrapped write writes written wrong x year years yet you your zero
    """
)
# Words that stand before or behind "container", "service", … without being a name.
KIND_STOP = words(
    """
    a about account activity altogether combined together
    address addresses affected after again ago alive all alpine already also always among
    an and another any anything api app appears application are aren't as at attached availability back backend
    background base be because been before between both bridge broken broker but by cache called can can't check
    child ci client companion config configuration connected connection connections connectivity container
    container's containers could cpu crashed created critical currently custom daemon data database dead debug
    default depended depends did didn't died different digest disk do docker does doesn't down downstream during
    each earlier either ended engine entire error errors every everything exited exposed external failing few first
    for from front frontend fully gets getting given goes got group had has hasn't have haven't health healthcheck
    healthchecks healthy here host i i'm if image images important in individual init inside interface interfaces
    internal into is isn't issue issues it it'll it's its itself just keeps kept kernel key last later latest less
    level limit limits linked linux listening local log logging logs long looks main many mapped master may me
    memory might mode monitoring more most mounted multiple must my my-self name named names need needs neither
    network networked never new next no nobody not nothing now of official often old on one ones only onto or
    orchestration other our outside over overlay own own's parent particular paused per persona port ports primary
    private problem problems process processes production properly proxy public published python-based queue quickly
    ran really relies rely remains remote removing respective restart restarted restarting restarts root running
    runs same second seems server servers service service's services settings several shall shell short should side
    similar since single site slim so some someone something sometimes soon source specific staging start started
    state states status stays still stop stopped storage system tag talking target than that the their then there
    these they this those three to today too traffic two under unhealthy unix unless until up upstream usage use
    used user uses using various very via volume volumes want wants was was's wasn't we web website went were what's
    when where which while who whole whose wide will with within without won't work worker working works would
    yesterday yet you you'll your
    accepts answers appears asks becomes belongs closes comes connects contains crashes dies does ends exits fails
    gives handles holds includes keeps kills leads leaves lets lies listens logs looks makes means moves opens owns
    points produces reads receives refuses rejects reports represents responds restarts returns says seems sends
    serves shows sits sleeps speaks stands starts stays stops takes talks tells throws tries waits writes
    """
)
_AMBIGUOUS = words(
    """
    master vector registry tempo all-in-one-linux artifactory sh main worker cron-job tail sleep cat java-app vault
    consul flower
    """
)


@lru_cache(1)
def _programs() -> dict[str, set[str]]:
    from ergon_ops.services.programs import PROGRAMS

    known: dict[str, set[str]] = {}
    for program in PROGRAMS:
        for word in (program.name, *program.executables, program.label):
            if len(word) > 2 and word.lower() not in _AMBIGUOUS:
                known.setdefault(word.lower(), set()).add(program.name)
    for word, names in program_groups().items():
        if word in ("postgresql", "redis-server", "crond", "nodejs", "psql"):
            known.setdefault(word, set()).update(names)
    for word, name in (
        ("python3", "python"),
        ("node.js", "node"),
        ("mongo", "mongodb"),
        ("httpd", "apache"),
        ("pg", "postgres"),
    ):
        known.setdefault(word, set()).add(name)
    return known


def programs_of(word: str) -> set[str]:
    """The programs a word names: as services are called, and itself."""
    found = _programs().get(word.lower(), set())
    return {*found, word.lower()} if found else set()


def program_groups() -> Mapping[str, tuple[str, ...]]:
    from ergon_ops.offline.lexicon import PROGRAM_GROUPS

    return PROGRAM_GROUPS


PROGRAM_WORD = lazily(
    lambda: (
        r"(?<![\w./-])(?:"
        + "|".join(re.escape(word) for word in sorted(_programs(), key=len, reverse=True))
        + r")(?![\w-]|\.\w)"
    ),
    re.I,
)
TECH = lazily(
    r"\b(?:kubernetes|k8s|aws|azure|gcp|s3|systemd|helm|terraform|ansible|openshift|nomad|swarm|podman|sqlite|oracle|"
    r"spring boot|express|fastapi|graphql|grpc|datadog|sentry|cloudflare|newrelic|new relic|splunk|"
    r"elastic|logstash|kibana|"
    r"wordpress|drupal|magento|laravel|rails|react|angular|dotnet|golang|rust|php|perl|debian|ubuntu|"
    r"centos|fedora|windows)\b",
    re.I,
)

# Words of causes → the families of cause ids they stand for. What a finding's cause does not cover is invented.
CAUSES: tuple[tuple[str, str], ...] = (
    (r"memory leak\w*|leak(?:s|ed|ing|y)?(?: of)?(?: memory)?|leaking", "memory_leak process_leak"),
    (
        r"oom\b|oom[- ]kill\w*|out[- ]of[- ]memory|ran out of memory|memory (?:exhaustion|pressure|limit|"
        r"shortage|starvation)|(?:lack|shortage) of memory|insufficient memory|not enough memory|"
        r"too little memory",
        "oom memory child_oom swap",
    ),
    (
        r"starv(?:ed|ing) (?:of|for) (?:cpu|processor)|"
        r"cpu[- ]throttl\w*|throttl\w+|cpu (?:limit|quota|starvation|exhaustion|contention|shortage|"
        r"bottleneck|pressure)|limit of [\d.]+ (?:cpus?|cores?)|lack of cpu|too few cpus|bursts?",
        "cpu",
    ),
    (
        r"disk (?:is |was |being )?full|full disk|no space(?: left)?|disk (?:space|pressure|failure|i/o)|"
        r"slow disk|enospc|storage (?:failure|issue)s?|bad disk|i/o (?:wait|bottleneck|error)s?",
        "tmpfs disk volume inode shm log_flood",
    ),
    (r"dns\b[\w ]{0,20}|name resolution|resolver", "dns upstream_unresolvable wrong_network"),
    (
        r"network (?:partition|failure|issue|problem|outage|congestion|latency|error|connectivity|"
        r"glitch)\w*|packet loss|firewall\w*|connectivity (?:issue|problem)s?|lost connection\w*|routing",
        "network port bound_to_loopback dependency",
    ),
    (
        r"dead ?locks?|lock (?:contention|wait)\w*|race conditions?|livelock|blocked (?:thread|worker)\w*",
        "lock single_worker",
    ),
    (
        r"misconfigur\w+|(?:wrong|bad|invalid|missing|broken|incorrect|faulty) (?:config\w*|settings?|"
        r"env\w*(?: variables?)?|variables?|credentials?|passwords?|permissions?|ports?|mounts?|volumes?|"
        r"files?|dependenc\w+|value|image|entrypoint|command)|configuration (?:error|problem|issue|"
        r"mistake)s?|config(?:uration)? drift|typo",
        "env port volume permission auth config wrong_target entrypoint command readonly",
    ),
    (
        r"(?:software |code |programming |application )?bugs?(?: in)?|null pointer\w*|segfaults?|"
        r"segmentation faults?|unhandled exceptions?|stack overflow|infinite loops?|bad (?:deploy\w*|"
        r"release|code|query|commit)|faulty (?:code|release|deploy\w*)|regressions?|recursion|coding error",
        "bug",
    ),
    (
        r"(?:ddos|dos|brute[- ]force|cyber|hacker|hack|malicious)\w*(?: attacks?| traffic)?|attack(?:s|"
        r"ers?)?|intrusion|malware|crypto ?miner\w*|ransomware|security breach\w*|compromised|virus",
        "attack",
    ),
    (
        r"traffic (?:spike|surge|burst|peak)\w*|(?:spike|surge|burst|increase|peak|rise) in (?:traffic|"
        r"load|requests|users|connections|usage|memory|cpu)\w*|high (?:traffic|load|demand|concurrency|"
        r"request rate)|heavy (?:traffic|load|use|usage|queries)|overload\w*|too many (?:connections|"
        r"requests|clients|users|processes|threads|open files)|(?:request |connection )flood\w*|"
        r"thundering herd|peak hours|retry storm",
        "overload max_connections worker_connections pids accept_backlog",
    ),
    (
        r"hardware (?:failure|fault|problem|issue)s?|power (?:failure|outage|loss|cut)s?|kernel (?:panic|"
        r"bug)s?|overheat\w*|bad (?:ram|memory module|sector)s?|failing (?:disk|drive|hardware)|outages?|"
        r"cosmic rays?|maintenance(?: window)?|host reboot|noisy neighbou?rs?",
        "hardware",
    ),
    (
        r"time-?outs?|timed out|slow (?:queries|query|upstream|database|dependency|backend|network|"
        r"response)\w*|unresponsive (?:\w+)|(?:upstream|backend|database|dependency) (?:is |was |"
        r"being )?(?:slow|down|failure|unavailable|issue\w*|problem\w*|overload\w*)|connection (?:refused|"
        r"reset|pool\w*|leak\w*|timeouts?)|pool exhaust\w*",
        "timeout dependency upstream slow health refusing",
    ),
    (r"corrupt\w*(?: \w+)?|data loss|inconsistent (?:data|state)|broken index", "corrupt"),
    (
        r"garbage collect\w*|gc (?:pause|pressure|thrash)\w*|swap(?:ping|ped)?|thrashing|fragmentation|"
        r"cache (?:miss|invalidation|stampede)\w*|cold (?:start|cache)|heap (?:limit|exhaustion|size)|"
        r"file descriptor\w*|zombie\w*|fork bomb|permission (?:denied|error|problem|issue)s?|"
        r"expired (?:certificate|token|license|cert)s?|certificate (?:expir\w+|error|problem)s?|"
        r"version (?:mismatch|conflict)|incompatib\w+|migration|failed (?:deploy\w*|upgrade|update|"
        r"migration|backup)|dependency (?:conflict|failure|issue)s?|clock skew|signal handling|"
        r"human error|someone|an? (?:operator|admin|user|administrator|cron job|deployment)",
        "gc zombies heap permission auth certificate version clock killed_externally",
    ),
)
CAUSE = lazily("|".join(rf"(?P<c{number}>\b(?:{words})(?!\w))" for number, (words, _) in enumerate(CAUSES)), re.I)
BECAUSE = lazily(
    r"\b(?:because(?: of)?|bottleneck (?:is|was|:)|due to|caused by|cause[sd]?(?: is| was| by|:)|"
    r"root cause\w*(?: is| was|:)?|"
    r"as a (?:result|consequence) of|thanks to|owing to|on account of|"
    r"(?:the )?reason(?:s)?(?: for (?:this|that|it|the \w+))?(?: is| was|:|why)|result(?:s|ed|"
    r"ing)? (?:from|of)|stem(?:s|med|ming)? from|triggered by|brought (?:down|on) by|"
    r"(?:which|that|this) (?:explains|is why|causes|caused|leads to|led to|means that)|leads? to|led to|"
    r"leading to|causing|attribut\w+ to|blame\w*|culprit|explained by|driven by|traced (?:back )?to|"
    r"responsible for|made (?:it|me|us) (?:slow|crash|fail|restart)|forc(?:ed|ing) (?:it|me) to|"
    r"(?:held back|slowed|constrained|hampered|bound|choked|bottlenecked) by|"
    r"behind (?:this|the (?:slow\w*|"
    r"crash\w*|fail\w*|restart\w*))|down to|at fault|comes? from|induced by|"
    r"is (?:slowing|killing|starving|blocking|breaking|overloading)|(?:slowed|knocked|taken) (?:down|out|"
    r"offline) by|suffer(?:s|ing|ed)? from|(?:killed|stopped|crashed|starved|blocked|overloaded|"
    r"broken) by)\b",
    re.I,
)
