"""What whole questions look like, as matched against `Question.line`: about a port, all, the host, one container.

Plain strings, which `re.search` compiles when first asked and then remembers: one question needs few of them, and all
together they would cost the start of every process 15 ms.
"""

from __future__ import annotations


def _any(*phrases: str) -> str:
    return rf"\b({'|'.join(phrases)})\b"


_RESTARTED = "restart|restarted|restarting|recreated|rebuilt|stopped|more memory|memory raised|cpu"
_DONE = "restarted|rebooted|stopped|started|killed|paused|unpaused|removed|deleted|recreated|scaled|upgraded|bounced"
_DOING = "restarting|rebooting|stopping|starting|killing|pausing|unpausing|removing|deleting|recreating|bouncing|giving"
DOING_ONE = (  # `do a restart of X`
    r"^(?:(?:please|pls|now|ok|can|could|would|you|and) )*(?:do|perform|trigger|initiate|issue|execute) "
    r"(?:a|another|one) (?:\w+ )?(?:restart|reboot|rollback|redeploy|upgrade|update|stop|start)\b"
)
NEEDS = (
    r"^(?!have (?:you|they|we|i|any|all|both|the|my|there|it)\b)"
    r"^(?!(?:why|does|do|did|which|who|what|is|has|should|how|when|where|was|were|are|if|whether)\b)"
    r"(?!.*\b(?:if|whether)\b)"
    rf"(.*\b(needs?|wants?) (a |to be |more |less |its )?({_RESTARTED})\b"
    rf"|.*\b(should|must|has to|have to|ought to) be ({_DONE})\b"
    r"|(please |pls |and |ok )*get (?!.*\b(why|how|when)\b).*\bback( up| online| running)?$"
    r"|.*\b(get|want|need|like|have) "
    r"(?!.*\b(got|was|were|know|see|hear|understand|tell|when|why|who)\b).*"
    rf"\b({_DONE})( please| pls| now| asap| again| today)*$"
    r"|.*\bbring .*\b(back|up|down|online|offline)\b|.*\btake (?!a |.*\blook\b).*\b(down|offline|out)\b"
    r"|(please |pls |and |ok )*let (?!me\b|us\b|s\b).*\b(run|start|sleep|rest|restart|stop)( again| now)?$"
    rf"|.*\b(mind|consider|try) ({_DOING})\b)"
)
# Matched against the text itself: `port 80`, `:8080`, `localhost:80`, `on 5432`, but not `on 50 %`.
PORT = (
    r"\bports?\s*[:#=]?\s*(\d{1,5})\b"
    r"|(?<![\w.\]]):(\d{2,5})\b"
    r"|\b(?:localhost|0\.0\.0\.0|127\.0\.0\.1|host):(\d{1,5})\b"
    r"|\b(?:on|serves|serving"
    r"|exposes|publishes|binds|opens|listens on|listening on|listen on|answers on|bound to|behind)\s+(\d{2,5})"
    r"(?![\w%.-]|\s*(?:%|mb\b|gb\b|mib\b|gib\b))"
)
OUTSIDE = _any("host", "localhost", "outside", "externally", "published", "exposed", "external", "from my", "browser")
INSIDE = _any("inside", "inner", "internal", "internally", "container port")

_DOES = (
    "is|s|are|has|uses|use|eats|talks|talk|restarted|crashed|died|takes|needs|depends|connects|calls|was|were|hogs"
    "|else|went|keeps|got|failed|logs|writes|consumes"
)
_ANYBODY = (
    "anything|anyone|anybody|something|everything|everyone|everybody|all|any (containers?|services?|of (them|my|the))"
)
_HAPPENS = (
    "running|using|eating|hogging|taking|consuming|filling|crashed|restarted|talking|broken|down|unhealthy|up"
    "|published|listening|exposed|mapped"
)
STRONG_FLEET = _any(
    "which (container|containers|one|ones|service|services|of|app|apps|two|three|is|are|has|have|uses|use)",
    rf"who(ever)? ({_DOES}|\w{{3,}}ed|(?!serves|runs|hosts)\w{{3,}}[^s]s)",
    "all (the |my |our )?(logs|errors|events|warnings)",
    "whos",
    rf"(is|are|was|were|did|does|do|has|have) ({_ANYBODY})",
    "how many (containers|of|services|are|things)",
    "(all|any|every|each|my|the|our|these|list|show|what|other) (of )?(my |the |our |these )?containers",
    rf"what (is|s|are|else is)? ?({_HAPPENS})",
    "what depends on",
    "what (uses|talks|connects|runs|eats|died|crashed|restarted|broke)",
    "everything|everyone|everybody|fleet|overall|overview|the whole (stack|thing|lot)|whole (host|stack)|biggest",
    r"top (\d+ |three |five )?(consumer|consumers|memory|cpu|talkers|offenders|users|hogs)",
    "each of|every (container|one|service)|rank|ranking|anyone|anybody|containers",
)
WEAK_FLEET = _any(
    "anything|any|status|state|health|healthy|how (is|are) (it|things|you)|how goes|what is wrong|whats wrong|wrong",
    "what happened|what changed|problem|problems|issues?|errors?|alerts?|findings?|warnings?|incidents?|diagnose",
    "diagnosis|summary|summarize|summarise|report|recap|restarts|crashes|oom|events?|news|list|ps|top|memory|cpu|ram",
    "network|usage|metrics|stats|resources|topology|connections|ports?|services|running|worst|most|least|highest",
    "lowest|slowest|busiest|throttled|throttling|healthchecks?|images|hello|hi|hey|ok|okay|fine|good|attention",
    "worried|worry|on fire|sup|up",
)
# Before a verb that relates: `who talks to X`, `does anything depend on X`.
ASKS_OF_ALL = (
    r"((and|so|but|ok|okay|k|hey|hi|hm+|well|now|then|right|alright|um|uh|please|yo) )*"
    r"(who|which|whoever|anything|anyone|how many|list|show"
    r"|(is|are|does|do|did|has|have|was) (anything|anyone|anybody|something|any \w+)"
    r"|what (else )?(depends|talks|uses|connects|calls|needs|reaches|is connected|is using|is calling))\b"
)
EVERYTHING = _any(
    "everything|everyone|everybody|(every|each) (single )?(container|one|service)",
    "all (of )?(my |the |our |these |those )?(containers|services|of them|of it)|all of (them|you|it)",
    "(my|our) containers|the whole (fleet|stack|lot)|the fleet|fleet",
)
HOST = _any(
    "(this|the|my|our) (nas|raspberry|raspi|home ?lab|home ?server|nuc|workstation|droplet)",
    "(this|the|my|our) (docker )?(host|machine|box|vm|vps|hypervisor|computer|laptop|hardware|engine|daemon|node)",
    "the server itself|this server|(the|my|our) server$",
    "(the|my|our) server (fast|slow|big|strong|enough|busy|itself|under|running out)",
    "(the|my|our) server (ok|okay|fine|healthy|overloaded|up|doing|load)",
    "host (load|memory|cpu|disk|health|status|os|uptime|kernel|facts|ok|swap|pressure)",
    "docker (daemon|engine|host|itself|data root)|load average|loadavg|kernel|data root|inodes",
    "(is|s) (the )?(host|docker)|how (is|s) (the )?(host|docker)|of (the )?host$|^host$|machine",
)
ALL_HOSTS = _any("(both|all|every|each|the two|our|my) hosts?")
PLACE = r"\b(on|in|of|across)( all)?( of)?\s*$"  # before a host: where, not what
WEAK_HOST = _any(
    "(disk|free|drive|storage) space|disks?|load|swap|inodes?|space left|free memory|uptime of the|memory pressure",
    "room left",
)
PRONOUN = _any("it|its|itself|that|this|he|him|his|she|her|you|your|yours|yourself|me|that one|this one|same")
PLURAL = _any("they|them|their|theirs|those|these|both")
