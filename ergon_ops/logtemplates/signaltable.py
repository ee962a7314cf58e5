"""The patterns of `signals.py`: (kind, a lower-case piece every such line has, the pattern). Data only.

Named groups become the signal's values; `host_2` is a second way to capture `host`. Names of values are those of the
findings' details where there is one. Most specific first within a kind: a line gives one signal of each kind.
"""

from __future__ import annotations

# No hour of a clock, and no line of a source.
SOURCES = "go|c|cc|cpp|h|py|js|ts|mjs|cjs|tsx|rs|java|kt|scala|rb|cs|php|lua|pl|pm|exs?|erl"
HOST = rf"(?!\d{{1,4}}:)(?<![\w.-])(?![\w.-]*\.(?:{SOURCES}):\d)[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"
# Where an error is explained, and nobody is called.
DOCS = (
    r"(?!(?:curl\.(?:haxx\.)?se|pris\.ly|sqlalche\.me|aka\.ms|(?:www\.)?openssl\.org|[\w-]+\.github\.io"
    r"|cwiki\.apache\.org|(?:docs|errors|help)\.[\w-]+\.(?:com|org|io|dev|net))(?:[/:?#]|$))"
)
PORT = r"\d{1,5}"
# Also `./data/x` and `logs/gc.log`; not what follows a scheme, `https://…`, and from its beginning only.
PATH = r"(?<![\w./-])(?:[\w.-]{1,60}(?=/))?/(?!/)[^\s'\":,;)\]]*"
# What is called, as fields of a line: `host=db port=5432`, `"address": "10.0.0.7", "port": 5432`, `addr=db:5432`.
_IS = r"(?:['\"]\s*:\s*['\"]?|=['\"]?)"
_PARTS = r"(?:peer|server|remote|target|upstream|dst|dest|db)[._](?:host|hostname|name|addr|address|ip)"
FIELDS = (
    rf"^(?=.*?\b(?:host|hostname|address|addr|server|peer|upstream|endpoint|remote|remote_addr|target|{_PARTS}){_IS}"
    rf"(?P<host>{HOST})(?::(?P<port>{PORT}))?(?=['\"\s,;}}\]]|$))(?:(?=.*?\bport{_IS}(?P<port_2>{PORT})\b)|).*"
)

# What the C library says of a name, in the words of its versions and of musl's.
NO_NAME = r"(?:name or service not known|temporary failure in name resolution|no address associated with hostname|nodename nor servname|name does not resolve)"
# What stands between a path and what the system said of it: `'/x' failed: …`, `/x for writing (…)`.
_FAILED = r"['\")\]]*[:,]? (?:\(?(?:for (?:writing|reading|append\w*|output|input)|(?:(?:f?open|creat|writ|bind|mkdir)\w* )?failed|cannot \w+|because|failure)\)?[:,]? ){1,2}\W{0,3}(?:(?:errno )?(?:2|13|21)\W{1,3})?"
_NO_HOST = r"(?![\w.]*(?:error|exception|failure|failed|getaddrinfo)\b)"  # whose error it is, not whose name

# Not where it is a client of a server that went away, as they do.
_OUR_CALL = (
    r"(?!.*(?:(?:from|to) client:|while waiting for request|while (?:reading|sending to) client|while keepalive))"
)

# fmt: off
# ruff: noqa: E501
PATTERNS: tuple[tuple[str, str, str], ...] = (
    # -- names and connections
    ("dns_failed", "couldn't resolve", rf"couldn't resolve (?:server |host |address )?'?(?P<host>{HOST})(?::(?P<port>{PORT}))?"),
    ("dns_failed", "could not resolve address", rf"could not resolve address '(?P<host>{HOST})'"),
    ("dns_failed", "unknownhost", rf"UnknownHost(?:Exception)?:? (?P<host>{HOST})(?=[:'\",;)\\]|\s*$)"),
    ("dns_failed", "server host '", rf"unknown (?:mysql )?server host '(?P<host>{HOST})'"),
    ("dns_failed", "server on '", rf"server on '(?P<host>{HOST})(?::(?P<port>{PORT}))?' \(\[?(?:Errno )?-[235]\b"),
    ("dns_failed", "getaddrinfo", rf"getaddrinfo(?: for |\()'?(?P<host>{HOST})'?\)?(?: failed)?: {NO_NAME}"),
    *(("dns_failed", piece, rf"(?:{NO_NAME}|resource temporarily unavailable|no such host is known\.?) \((?P<host>{HOST}):(?P<port>{PORT})\)") for piece in (" known", "resolution (", "unavailable (", "resolve (")),
    # `api.example.com: [Errno -3] …` of a name with dots; of others only behind the name of the program: `ping: db: …`.
    *(("dns_failed", piece, rf"(?<![\w./@:-]){_NO_HOST}(?P<host>[a-z0-9][\w-]*(?:\.[\w-]+)*\.[a-z]{{2,}}): (?:\[Errno -\d\] )?{NO_NAME}|^[\w./-]+: {_NO_HOST}(?P<host_2>{HOST}): {NO_NAME}") for piece in ("not known", "name resolution", "does not resolve", "no address")),
    ("dns_failed", "translate host name", rf"could not translate host name \"?(?P<host>{HOST})\"?"),
    ("dns_failed", "enotfound", rf"\bENOTFOUND (?P<host>{HOST})(?::(?P<port>{PORT}))?"),
    ("dns_failed", "eai_again", rf"\bEAI_AGAIN (?P<host>{HOST})(?::(?P<port>{PORT}))?"),
    ("dns_failed", "bad address", rf"bad address '?(?P<host>{HOST})(?::(?P<port>{PORT}))?'?"),
    ("dns_failed", "could not resolve", rf"could not resolve (?:host|proxy):? '?(?P<host>{HOST})'?"),
    ("dns_failed", "lookup ", rf"lookup (?P<host>{HOST})(?: on [\d.:]+)?: (?:no such host|i/o timeout|server misbehaving|temporary failure)"),
    ("dns_failed", "host='", rf"host='(?P<host>{HOST})', port=(?P<port>{PORT}).*(?:NameResolutionError|Name or service not known|Temporary failure in name resolution|Failed to resolve)"),
    ("dns_failed", "host not found in upstream", rf"host not found in upstream \"(?P<host>{HOST})(?::(?P<port>{PORT}))?\""),
    ("dns_failed", "could not be resolved", rf"(?P<host>{HOST}) could not be resolved"),
    ("dns_failed", "connecting to ", rf"connecting to (?P<host>{HOST}):(?P<port>{PORT})\. (?:Name or service not known|Temporary failure in name resolution|No address associated with hostname|Name does not resolve)"),
    ("dns_failed", "unknown host", rf"unknown ?host(?:Exception)?:? (?P<host>{HOST})"),
    ("dns_failed", "unknown mysql server host", rf"unknown mysql server host '(?P<host>{HOST})'"),
    ("dns_failed", "can't resolve", rf"(?<!not found: )(?<!error: )can't resolve '?(?P<host>{HOST})'?"),
    ("dns_failed", "name does not resolve", rf"(?P<host>{HOST})(?::(?P<port>{PORT}))?[:\s'\"]+name does not resolve"),
    ("dns_failed", "://", rf"[a-z]://(?:[^\s/@]*@)?{DOCS}(?P<host>{HOST})(?::(?P<port>{PORT}))?(?=[/\s'\",;:)?\]]|$).{{0,200}}?(?:name or service not known|temporary failure in name resolution|name resolution|no address associated with hostname|nodename nor servname|name does not resolve|Errno -[235]\b|failed to resolve|could not resolve|no such host)"),
    ("dns_failed", "failed to resolve", rf"failed to resolve (?:host(?:name)? )?'?(?P<host>{HOST})(?::(?P<port>{PORT}))?'?"),
    ("dns_failed", "getaddrinfo", rf"getaddrinfo(?:\(\))?(?: failed)?(?: for)?:? '?\"?(?P<host>{HOST})'?\"?: (?:name or service|temporary failure|no address|nodename)"),
    ("dns_failed", "not known", rf"(?P<host>{HOST}):(?P<port>{PORT})\b.{{0,80}}?(?:name or service not known|nodename nor servname)"),
    ("dns_failed", "name resolution", rf"(?P<host>{HOST}):(?P<port>{PORT})\b.{{0,80}}?temporary failure in name resolution"),
    ("dns_failed", "enotfound", rf"{FIELDS}\bENOTFOUND\b"),
    *(("dns_failed", piece, rf"{FIELDS}{NO_NAME}") for piece in ("not known", "name resolution", "does not resolve")),
    ("dns_failed", "eai_again", rf"{FIELDS}\bEAI_AGAIN\b"),
    ("dns_failed", "resolve", rf"(?:cannot|can't|could not|unable to|failed to) resolve (?:host(?:name)? (?:address )?|name |address )?['\"\[‘]?(?P<host>{HOST})['\"\]:’]"),
    ("dns_failed", "name resolution", r"temporary failure in name resolution"),
    ("dns_failed", "name or service not known", r"name or service not known"),
    ("dns_failed", "enotfound", r"\bENOTFOUND\b"),
    ("dns_failed", "eai_again", r"\bEAI_AGAIN\b"),
    *(("dns_failed", piece, rf"\(?\b(?P<host>{HOST}):(?P<port>{PORT})\)?.{{0,40}}?(?:non-existing domain|nxdomain)") for piece in ("non-existing domain", "nxdomain")),
    ("dns_failed", "no such host", r"no such host\b(?! \w)"),
    # haproxy calls its servers by `backend/server`, after which stands where the request was, and how it ended.
    ("dns_failed", "server ", r"\bServer (?P<value>[\w.-]+/[\w.-]+) (?:is|was) (?:going )?DOWN\b.{0,60}?\bDNS\b"),
    ("refused", " is down", r"\bServer (?P<value>[\w.-]+/[\w.-]+) is DOWN, reason: Layer4 connection problem"),
    ("refused", " 503 ", r"\s(?P<value>[\w.-]+/(?:[\w.-]+|<NOSRV>)) -?\d+/-?\d+/-1/-1/\+?\d+ 503 \d+ - - SC"),
    ("timed_out", " is down", r"\bServer (?P<value>[\w.-]+/[\w.-]+) is DOWN, reason: Layer[4-7] timeout"),
    ("timed_out", " 50", r"\s(?P<value>[\w.-]+/[\w.-]+) -?\d+/-?\d+/-?\d+/-1/\+?\d+ 50[34] \d+ - - s[CH]"),
    ("refused", "connect call failed", rf"cannot connect to host (?P<host>{HOST}):(?P<port>{PORT}) .*connect call failed"),
    ("refused", "failed to connect to", rf"ConnectException: failed to connect to (?P<host>{HOST})/[\d.]+:(?P<port>{PORT})"),
    ("refused", "could not be established", rf"connection to node -?\d+ \((?P<host>{HOST})/[\d.]+:(?P<port>{PORT})\) could not be established"),
    ("refused", "server on '", rf"server on '(?P<host>{HOST})(?::(?P<port>{PORT}))?' \((?:111|115)\)"),
    ("refused", "econnrefused", rf"connecting to \S+ on (?P<host>{HOST}):(?P<port>{PORT}) \(Errno::ECONNREFUSED"),
    ("refused", "econnrefused", rf"\bECONNREFUSED (?P<host>[\w.:-]*?[\w-]):(?P<port>{PORT})\b"),
    ("refused", "connection to server at", rf"connection to server at \"(?P<host>{HOST})\"(?: \((?P<address>[\d.a-f:]+)\))?, port (?P<port>{PORT}) failed: connection refused"),
    ("refused", "connecting to ", rf"connecting to (?P<host>{HOST}):(?P<port>{PORT})\. connection refused"),
    ("refused", "dial tcp", rf"dial tcp (?P<host>[\w.-]+):(?P<port>{PORT}): (?:connect: )?connection refused"),
    ("refused", "host='", rf"host='(?P<host>{HOST})', port=(?P<port>{PORT}).*connection refused"),
    ("refused", "refused", rf"{FIELDS}(?:connection ?refused|ECONNREFUSED)"),
    ("refused", "111", rf"^(?=.*(?:errno|error|code)\W{{1,3}}111\b).*?\[?(?P<host>{HOST})\]?:(?P<port>{PORT})\b.{{0,80}}?(?:errno|error|code)\W{{1,3}}111\b"),
    ("refused", "can't connect", rf"can't connect to (?:remote host )?\(?(?P<host>{HOST})\)?(?::(?P<port>{PORT}))?[:)].*connection refused"),
    ("refused", "while connecting to upstream", rf"connection refused\) while connecting to upstream.*upstream: \"[a-z]+://(?P<host>{HOST}):(?P<port>{PORT})"),
    ("refused", "failed to connect to", rf"failed to connect to (?P<host>{HOST}) port (?P<port>{PORT})\b.*(?:refused|couldn't connect)"),
    ("refused", "connection refused", rf"(?P<host>{HOST})[:/](?P<port>{PORT})\b.{{0,80}}?connection refused"),
    ("refused", "connection refused", rf"connection refused.{{0,60}}?\b(?P<host>{HOST}):(?P<port>{PORT})\b"),
    ("refused", "://", rf"[a-z]://(?:[^\s/@]*@)?{DOCS}(?P<host>{HOST})(?::(?P<port>{PORT}))?(?=[/\s'\",;:)?\]]|$).{{0,200}}?(?:connection refused|ECONNREFUSED|Errno 111\b)"),
    ("refused", "connection refused", rf"\b(?:to|connecting|connect) (?:to )?(?P<host>{HOST}) (?:port |on port |:)(?P<port>{PORT})\b.{{0,60}}?refused"),
    ("refused", "refused", r"\b(?:connection|connect) ?refused\b(?!: (?:not authori[sz]ed|bad user|identifier|unacceptable))|ConnectionRefusedError|\[Errno 111\]|\bECONNREFUSED\b"),
    ("refused", "111", r"\b(?:errno|os error)\W{1,3}111\b"),
    ("timed_out", "timeout", rf"Net::(?:Read|Open|Write)Timeout\b.{{0,60}}?\((?P<host>{HOST}):(?P<port>{PORT})\)"),
    ("timed_out", "server on '", rf"server on '(?P<host>{HOST})(?::(?P<port>{PORT}))?' \((?:110|timed out)\)"),
    *(("timed_out", piece, rf"(?:timed out|timeout (?:of \d+ ?m?s )?exceeded|\belapsing)\b.{{0,120}}?[a-z]://(?:[^\s/@]*@)?{DOCS}(?P<host>{HOST})(?::(?P<port>{PORT}))?") for piece in ("timed out", "exceeded", "elapsing")),
    ("timed_out", "timed out", rf"timed out.*?while (?:connecting to|reading response header from) upstream.*upstream: \"[a-z]+://(?P<host>{HOST}):(?P<port>{PORT})"),
    ("timed_out", "etimedout", rf"\bETIMEDOUT (?P<host>[\w.:-]*?[\w-]):(?P<port>{PORT})\b"),
    ("timed_out", "i/o timeout", rf"dial tcp (?P<host>[\w.-]+):(?P<port>{PORT}): i/o timeout"),
    ("timed_out", "i/o timeout", rf"(?:read|write) (?:tcp|udp)\d? \S+->\[?(?P<host>[\w.:-]*?[\w-])\]?:(?P<port>{PORT}): i/o timeout"),
    ("timed_out", "timed out", rf"{FIELDS}timed out\b"),
    ("timed_out", "timedout", rf"{FIELDS}\w*timedout\b"),
    ("timed_out", "timeout", rf"{FIELDS}(?<![\w-])(?<!idle )(?<!alive )timeout\b(?!['\"]?\s*[=:]\s*['\"]?\d| (?:is|set|of) )"),
    ("timed_out", "time out", rf"{FIELDS}time out\b"),
    ("timed_out", "deadline exceeded", rf"{FIELDS}deadline exceeded"),
    ("timed_out", "timed out", rf"host='(?P<host>{HOST})', port=(?P<port>{PORT}).*timed? ?out"),
    ("timed_out", "timed out", rf"(?<!client )(?P<host>{HOST}):(?P<port>{PORT})\b.{{0,60}}?timed out"),
    ("timed_out", "://", rf"[a-z]://(?:[^\s/@]*@)?{DOCS}(?P<host>{HOST})(?::(?P<port>{PORT}))?(?=[/\s'\",;:)?\]]|$).{{0,200}}?(?:timed? ?out(?!['\"]?\s*[=:]\s*['\"]?\d| (?:is|set|of) )|ETIMEDOUT|deadline exceeded)"),
    ("timed_out", "timed out", rf"connection to server at \"(?P<host>{HOST})\"(?: \([\d.a-f:]+\))?, port (?P<port>{PORT}) failed: .*timed out"),
    ("timed_out", "timeout", rf"(?P<host>{HOST}):(?P<port>{PORT})\b.{{0,60}}?\b(?:\w+(?:::|\.))*(?-i:(?:Read|Open|Write|Connect|Connection|Request|Socket|Http|Pool)Timeout(?:Error|Exception)?)\b"),
    ("timed_out", "timed out", rf"\bport (?P<port>{PORT})\b.{{0,60}}?timed out"),
    ("timed_out", "timed out", r"\b(?:connection|read|request|operation|socket)\b.{0,20}timed out|TimeoutError"),
    ("timed_out", "timeouterror", r"TimeoutError\b"),
    ("timed_out", "timeout reading", r"timeout reading from socket"),
    ("timed_out", "timedout", r"\bE(?:SOCKET)?TIMEDOUT\b|(?:kind|source): TimedOut\b"),
    ("timed_out", "timeout", r"\bNet::(?:Read|Open|Write)Timeout\b|(?-i:\b(?:Read|Connect|Request|HttpConnect)Timeout(?:Error|Exception)?\b)"),
    ("timed_out", "timeout", r"\bi/o timeout\b|SocketTimeoutException\b(?! \(\w+=|[,\w])|\bread timeout\b(?! (?:is|set|of)\b)"),
    ("timed_out", "exceeded", r"\btimeout of \d+ ?m?s exceeded|Client\.Timeout exceeded"),
    ("timed_out", "econnaborted", r"\bECONNABORTED\b"),
    *(("timed_out", piece, r"\b(?-i:(?:Connect|Read|Pool|Write)Timeout(?:Error|Exception)?)\b(?!=)") for piece in ("connecttimeout", "readtimeout", "pooltimeout", "writetimeout")),
    ("timed_out", "und_err_", r"UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT"),
    ("timed_out", "no answer", rf"(?P<host>{HOST}):(?P<port>{PORT})\b.{{0,20}}?no (?:answer|response|reply) (?:with)?in \d"),
    ("timed_out", "deadline exceeded", r"context deadline exceeded|DeadlineExceeded"),
    # Whom it called, by name: by number it may as well be one that called it.
    *(("reset", piece, rf"\b(?:from|to|with|connecting|://)\s?(?:[^\s/@]*@)?(?P<host>(?=[\w.-]*[a-z]){HOST}):(?P<port>{PORT})\b.{{0,80}}?(?:reset by peer|ECONNRESET)") for piece in ("reset by peer", "econnreset")),
    ("reset", "reset by peer", rf"^{_OUR_CALL}.*?connection reset by peer"),
    ("unreachable", "unreach", rf"E(?:HOST|NET)UNREACH\b.{{0,80}}?\bto (?!open\b)(?P<host>{HOST}):(?P<port>{PORT})\b"),
    ("unreachable", "route to host", rf"\bto (?!open\b)(?P<host>{HOST}):(?P<port>{PORT})\b.{{0,40}}?no route to host"),
    ("unreachable", "host", rf"(?:to |:/+)(?!open\b|connect\b|host\b|reach\b)(?P<host>{HOST})(?::(?P<port>{PORT}))?(?=[/\s'\",;:)?\]]|$).{{0,120}}?(?:no route to host|host is unreachable|network is unreachable|EHOSTUNREACH|ENETUNREACH|Errno 11[03]\b)"),
    ("unreachable", "unreach", rf"E(?:HOST|NET)UNREACH (?P<host>{HOST}):(?P<port>{PORT})"),
    ("unreachable", "unreachable", rf"(?:(?P<host>{HOST}):(?P<port>{PORT}).{{0,60}})?(?:network is unreachable|no route to host|EHOSTUNREACH|ENETUNREACH)"),
    ("unreachable", "no route to host", r"no route to host"),
    # -- starting: files, commands, settings
    *(("booting", piece, r"\b(?:starting|booting|warming|warm-?up|(?:pre)?loading|initiali[sz]ing|migrating|running migrations|preparing|restoring|replaying|(?:re)?building|(?:re)?indexing|importing|compiling|still starting|hydrating|sync(?:hroni[sz])?ing|fetching|downloading|seeding|provisioning|precomputing|bootstrapping|recovering|upgrading|unpacking|populating)\b") for piece in ("ing", "warm")),
    # How far something is, of what there is to do: `segment 9 of 240`, `[3/7]`, `12 %`.
    *(("progress", piece, r"(?<![\w./:-])\d+ ?(?:/|of|out of) ?\d+(?![\w/:-]|\.\d)") for piece in (" of ", "/")),
    ("progress", "%", r"(?<![\w.:-])\d{1,3}(?:\.\d+)? ?%(?!\w)"),
    ("http_error", "50", r"(?:HTTP(?:/\d\.\d)?[ \"]+(?:Error |status )?|status(?:[ _]code)?[\"=: ]+|\bgot |answered |returned |\" )(?P<value>50[0-4])\b"),
    ("command_missing", "not found", r"^(?:/bin/)?(?:ba|da|a)?sh: (?:line )?(?:\d+: )?(?P<value>[\w./+-]+): (?:command )?not found"),
    ("command_missing", "not found", r"^(?:\./)?[\w./-]*[\w-]: (?:line )?\d+: (?P<value>[\w./+-]+): (?:command )?not found"),
    ("command_missing", "command not found: ", r"\bcommand not found: (?P<value>[\w./+-]+)"),
    ("command_missing", "not found", r"(?:exec|env): ['\"]?(?P<value>[\w./+-]+)['\"]?: (?:not found|No such file or directory)"),
    ("command_missing", "no such file or directory", r"/usr/bin/env: ['‘\"]?(?P<value>[\w./+-]+)\s*['’\"]?: No such file"),
    # A carriage return at the end of the interpreter's name, as `env` quotes it.
    ("exec_crlf", "no such file or directory", r"\benv: ['‘\"$]*(?P<value>[\w./+-]+?)(?:\\r|\^M|\\015|\r)['’\"]*: No such file"),
    ("exec_format", "exec format error", rf"\bexec:? ['\"]?(?P<path>{PATH})['\"]?: exec format error"),
    ("exec_format", "exec format error", rf"(?:(?P<path>{PATH})['\"]?: .{{0,40}}?)?exec format error"),
    ("exec_missing", "exec ", rf"^(?:\w+\.go:\d+: )?exec(?: user process caused:)?:? ['\"]?(?P<path>{PATH})['\"]?: no such file or directory"),
    ("exec_missing", "bad interpreter", rf"(?P<path>{PATH}): (?P<value>\S+?)(?:\^M|\\r)?: bad interpreter"),
    ("exec_denied", "exec ", rf"^exec (?P<path>{PATH}): permission denied"),
    ("is_directory", "is a directory", rf"is a directory: ['\"]?(?P<path>{PATH})"),
    ("is_directory", "is a directory", rf"(?P<path>{PATH})['\"]?(?:: | failed \(21: )is a directory"),
    ("is_directory", "is a directory", rf"(?P<path>{PATH}){_FAILED}is a directory"),
    ("is_directory", "is a directory", r"(?:error|failed|cannot|can't|could not)\b.{0,40}?\bis a directory"),
    ("index_forbidden", "directory index of", rf"directory index of \"(?P<path>{PATH})\" is forbidden"),
    ("file_missing", "no such file", rf"no such file or directory[:,]? (?:open |stat )?['\"]?(?P<path>{PATH})"),
    ("file_missing", "no such file", rf"(?P<path>{PATH})['\"]?(?: ?:)? no such file or directory"),
    ("file_missing", "no such file", rf"\"(?P<path>{PATH})\" failed \(2: no such file"),
    ("file_missing", "no such file", rf"(?P<path>{PATH}){_FAILED}no such file"),
    ("file_missing", "no such file", rf"(?:no such file or directory @ \w+ - |(?P<path_2>{PATH})\): failed to open stream: no such file)(?P<path>{PATH})?"),
    ("file_missing", "no such file", rf"FileNotFoundException: (?P<path>{PATH}) \(no such file"),
    ("file_missing", "nosuchfileexception", rf"NoSuchFileException: (?P<path>{PATH})"),
    ("file_missing", "could not find", rf"could not find (?:file|a part of the path) '(?P<path>{PATH})'"),
    ("file_missing", "can't open", rf"can't open (?:file )?['\"]?(?P<path>{PATH})"),
    ("file_missing", "cannot find module", r"cannot find module ['\"](?P<path>/[^'\"]+)['\"]"),
    ("module_missing", "no module named", r"(?:ModuleNotFoundError|ImportError): No module named ['\"]?(?P<value>[\w.]+)"),
    ("module_missing", "cannot find", r"cannot find (?:module|package) ['\"](?P<value>[^/'\"][^'\"]*)['\"]"),
    ("permission_denied", "permission denied", rf"permission denied[:,]? (?:open |mkdir |unlink )?['\"]?(?P<path>{PATH})"),
    ("permission_denied", "permission denied", rf"(?P<path>{PATH})['\"]?:? (?:failed )?\(?(?:13: )?permission denied"),
    ("permission_denied", "permission denied", rf"permission denied @ \w+ - (?P<path>{PATH})"),
    ("permission_denied", "permission denied", rf"(?P<path>{PATH})\)?:? (?:\(permission denied|failed to open stream: permission denied)"),
    ("permission_denied", "permission denied", rf"(?P<path>{PATH}){_FAILED}permission denied"),
    ("permission_denied", "accessdeniedexception", rf"AccessDeniedException: (?P<path>{PATH})"),
    ("permission_denied", "access to the path", rf"access to the path '(?P<path>{PATH})' is denied"),
    ("permission_denied", "eacces", rf"\bEACCES\b.*?['\"](?P<path>{PATH})"),
    ("bind_denied", "permission denied", rf"bind(?:\(\))?(?: to)? (?:\S*?:)?(?P<port>{PORT}) failed \(13: permission denied\)"),
    ("bind_denied", "eacces", rf"listen EACCES\b.*?:(?P<port>{PORT})\b"),
    ("bind_denied", "bind on address", rf"bind on address \('[^']*', (?P<port>{PORT})\).{{0,40}}?permission denied"),
    ("bind_denied", "bind on address", rf"permission denied.{{0,40}}?bind on address \('[^']*', (?P<port>{PORT})\)"),
    ("binding", "bind", r"^\s*(?:self\.|await )?(?:\w+\.)*(?:socket|sock|server)?\.?(?:server_)?bind\("),
    ("bind_denied", "bind", rf"bind.{{0,60}}?(?::(?P<port>{PORT}))?.{{0,40}}?permission denied"),
    ("address_in_use", "address already in use", rf"(?:(?:[\w.\]*]:|\bport |', )(?P<port>{PORT})\b.{{0,60}})?(?:address already in use|EADDRINUSE)(?:.{{0,30}}?:(?P<port_2>{PORT})\b)?"),
    ("address_in_use", "eaddrinuse", rf"EADDRINUSE.*?:(?P<port>{PORT})\b"),
    ("readonly", "readonlyfilesystem", r"\bReadOnlyFileSystemException\b"),
    ("readonly", "read-only file system", rf"(?P<path>{PATH})['\"]?:?.{{0,30}}?read-only file ?system"),
    ("readonly", "read-only file system", rf"read-only file ?system @ \w+ - (?P<path>{PATH})"),
    ("readonly", "read-only file system", rf"read-only file ?system[:,]? ?(?:['\"](?P<path>{PATH}))?"),
    ("no_tempdir", "temporary directory", r"(?:no usable|could not find a) temporary directory(?: found in \['(?P<path>[\w./-]+)')?"),
    ("no_tempdir", "java.io.tmpdir", rf"unable to create temp\w*.{{0,40}}java\.io\.tmpdir is set to (?P<path>{PATH})"),
    # -- exhausted resources
    ("no_space", "no space left", rf"(?P<path>{PATH})['\"]?:?.{{0,40}}?no space left on device"),
    ("no_space", "no space left", rf"no space left on device @ \w+ - (?P<path>{PATH})"),
    ("no_space", "no space left", rf"no space left on device(?:.{{0,20}}?['\"](?P<path>{PATH}))?"),
    ("no_space", "enospc", r"\bENOSPC\b"),
    ("no_space", "disk quota exceeded", r"disk quota exceeded"),
    ("shm_full", "shared memory", r"could not (?:resize|create|open|map) (?:anonymous )?shared memory"),
    ("shm_full", "bus error", r"\bbus error\b"),
    ("no_memory", "memory", r"\bMemoryError\b|cannot allocate memory|out of memory(?! (?:command|storing object))|std::bad_alloc|(?<!On)OutOfMemoryError"),
    ("heap_full", "heap", r"(?:reached heap limit|javascript heap out of memory|java heap space|allocation failed - javascript heap)"),
    ("no_processes", "temporarily unavailable", r"resource temporarily unavailable"),
    ("no_processes", "fork", r"(?:can't|cannot|unable to|failed to) (?:v?fork|create (?:new )?thread)|fork: retry"),
    ("no_processes", "thread", r"can't start new thread|unable to create (?:new )?native thread|pthread_create failed"),
    ("no_files", "too many open files", r"too many open files|\bEMFILE\b"),
    ("child_killed", "exit", r"exit(?:ed)? (?:on|with|code|status)(?: exit)?(?: code| status| signal)?[ :=]{0,3}-?\b(?:SIGKILL|9|137)\b"),
    ("child_killed", "kill", r"^killed$|: killed\b|(?:terminated|killed|sent|ended) (?:by |with )?(?:signal )?(?:SIGKILL|9)\b"),
    # -- programs that gave up
    ("traceback", "traceback (most recent", r"^\s*Traceback \(most recent call last\)"),
    ("exception", "error", r"^(?:[\w.]+\.)?(?P<value>(?-i:[A-Z]\w*(?:Error|Exception|Fault)))\b(?::|$)"),
    ("exception", "unhandled exception", r"^unhandled exception[.:] (?:[\w.]+\.)?(?P<value>(?-i:[A-Z]\w*Exception))\b"),
    ("segfault", "segmentation fault", r"segmentation fault"),
    ("panic", "panic", r"^panic: |thread '.*' panicked"),
)
# fmt: on
