"""Patterns of names and connections that need their program's own shape to tell who was called, and, last, of words that
name nobody. As `signaltable.py`; data only.
"""

from __future__ import annotations

from ergon_ops.logtemplates.signaltable import DOCS, HOST, NO_NAME, PORT

AT = rf"(?P<host>{HOST}):(?P<port>{PORT})"
_NOT_REACHED = r"(?:no route to host|network is unreachable|host is unreachable)"
_TIMED = r"(?:connection|operation) timed out"
_ENDS = (
    ("refused", "connection refused", r"connection refused"),
    *(("unreachable", piece, _NOT_REACHED) for piece in ("no route to host", "unreachable")),
    ("timed_out", "timed out", _TIMED),
)
_URL = rf"[a-z]://(?:[^\s/@]*@)?{DOCS}(?P<host>{HOST})(?::(?P<port>{PORT}))?(?=[/\s'\"\\,;)?\]]|$)"


def _shapes(words: str, address: str) -> tuple[str, ...]:
    """How psql, nc, curl, ssh, Ruby, Go, postfix and Apache say to whom it happened."""
    return (
        rf"open TCP connection to {AT} \({words}",
        rf"connection to server at \"(?P<host>{HOST})\"(?: \({address}[\d.a-f:]+)\))?, port (?P<port>{PORT}) failed: {words}",
        rf"connect to (?P<host>{HOST}) (?:\({address}[\d.a-f:]+)\) )?port (?P<port>{PORT})(?: \(tcp\))? failed: {words}",
        rf"failed to connect to (?P<host>{HOST}) port (?P<port>{PORT})(?: after \d+ ms)?: {words}",
        rf"connect to host (?P<host>{HOST}) port (?P<port>{PORT}): {words}",
        rf"{words} - connect\(2\) for \"?(?P<host>{HOST})\"?(?: port |:)(?P<port>{PORT})",
        rf"dial (?:tcp|udp)\d? \[?(?P<host>[\w.:-]*?[\w-])\]?:(?P<port>{PORT}): (?:connect: )?{words}",
        rf"connect to (?P<host>{HOST})\[[\d.a-f:]+\]:(?P<port>{PORT}): {words}",
        rf"{words}: AH\d+: \w+: attempt to connect to [\d.a-f:\[\]]+:(?P<port>{PORT}) \((?P<host>{HOST})",
    )


# fmt: off
# ruff: noqa: E501
NAMED_PATTERNS: tuple[tuple[str, str, str], ...] = (
    # -- names
    ("dns_failed", "[tcp://", rf"{NO_NAME} \[tcp://{AT}\]"),
    ("dns_failed", "failure resolving", rf"temporary failure resolving '(?P<host>{HOST})"),
    ("dns_failed", "happened resolving", rf"something wicked happened resolving '(?P<host>{HOST})"),
    ("dns_failed", "connect to epmd", rf"connect to epmd \(port (?P<port>{PORT})\) on (?P<host>{HOST}): nxdomain"),
    ("dns_failed", "lookup ", rf"lookup (?P<host>{HOST})\.?(?: on [\w.:%\[\]-]+)?: (?:(?:read|write|dial) (?:udp|tcp)\d? [^:\s]*(?::\S*)?:? ?(?:read: |write: |connect: )?)?(?:no such host|i/o timeout|server misbehaving|temporary failure|try again|connection refused|network is unreachable|no route to host|cannot assign requested address)"),
    # Whom a mail goes to may not exist; that its name servers do not answer, or have not the next server, is another thing.
    ("dns_failed", "name service error", rf"name service error for name=(?P<host>{HOST}) type=(?:\w+: Host not found, try again|A(?:AAA)?: Host not found)"),
    ("dns_failed", "no record", rf"no records? found for (?:name: \"?|Query \{{ ?name: ?Name\(\"?)(?P<host>{HOST})\.?[\"\s]"),
    ("dns_failed", "resolution failed for", rf"(?<!as )(?:DNS|name) resolution failed for (?:service: |target )?(?:dns:/*)?(?P<host>{HOST})(?::(?P<port>{PORT}))?"),
    ("dns_failed", "dns resolution for", rf"dns resolution for (?P<host>{HOST}) failed"),
    ("dns_failed", "dns lookup failure", rf"DNS lookup failure for: (?P<host>{HOST})"),
    ("dns_failed", "could not be resolved", rf"\bhost '?\"(?P<host>{HOST})(?::(?P<port>{PORT}))?\"'? could not be resolved"),
    ("dns_failed", "getaddrinfo(host", rf"getaddrinfo\(host='(?P<host>{HOST})'"),
    ("dns_failed", "dns query name", rf"DNS query name does not exist: (?P<host>{HOST})"),
    ("dns_failed", "getaddrinfo for host", rf"getaddrinfo for host \"(?P<host>{HOST})\" port (?P<port>{PORT}): "),
    ("dns_failed", "host not found in resolver", rf"host not found in resolver \"(?P<host>{HOST})"),
    ("dns_failed", "try again", rf"{AT}: try again\b"),
    ("dns_failed", "lookup address information", rf"{_URL}.{{0,200}}?failed to lookup address information"),
    *((kind, "to_address", rf"to_address,\s*\{{['\"](?P<host>{HOST})['\"],\s*(?P<port>{PORT})\}}.{{0,120}}?\b{word}\b") for kind, word in (("dns_failed", "nxdomain"), ("refused", "econnrefused"), ("timed_out", "e?time(?:out|dout)"), ("unreachable", "e(?:host|net)unreach"))),
    # -- connections
    ("refused", "to broker ", rf"to broker {AT}: .{{0,80}}?connection refused"),
    *((kind, piece, shape) for kind, piece, words in _ENDS for shape in _shapes(words, "(?P<address>" if kind == "refused" else "(?:")),
    ("refused", " refused", rf"connection to {AT} refused\b"),
    ("refused", "could not be established", rf"connection to node -?\d+ \(/{AT}\) could not be established"),
    ("refused", "(connection refused", rf"connect to {AT} \(connection refused"),
    ("refused", "connection refused", rf"connection refused: (?P<host>(?=[\w.-]*[a-z]){HOST})/[\d.]+:(?P<port>{PORT})"),
    ("refused", "server running on host", rf"connection refused.{{0,20}}?is the server running on host \"(?P<host>{HOST})\".{{0,60}}?\bport (?P<port>{PORT})"),
    ("refused", "tcp:", rf"connection refused.{{0,30}}?\btcp:{AT}"),
    ("refused", "for server ", rf"\bfor server (?P<host>{HOST})/\S{{0,60}}?:(?P<port>{PORT})\b.{{0,240}}?connection refused"),
    ("refused", "connect to epmd", rf"connect to epmd \(port (?P<port>{PORT})\) on (?P<host>{HOST}): address \(cannot connect"),
    ("refused", "connection failed, host", rf"connection failed, host {AT}"),
    *(("refused", piece, rf"delayed[_ ]connect[_ ]error:[_ ]?111\b(?:.*\"(?P<host>\d+\.\d+\.\d+\.\d+):(?P<port>{PORT})\")?") for piece in ("delayed_connect_error", "delayed connect error")),
    ("timed_out", "timeout occurred", rf"timeout occurred after waiting \d+ seconds for {AT}"),
    ("timed_out", "waiting on dependencies", rf"timeout after \S{{1,12}} waiting on dependencies to become available: \[\w+://{AT}"),
    ("timed_out", "timed out waiting", rf"timed out waiting for {AT}"),
    ("timed_out", "seconds to:", rf"timeout after \d+ seconds? to: {AT}"),
    ("timed_out", "timeout was reached", rf"failed to connect to (?P<host>{HOST}) port (?P<port>{PORT}) after \d+ ms: timeout was reached"),
    ("timed_out", "tcp connect", rf"tcp connect \({AT}\): timeout\b"),
    ("timed_out", "(errno::etimedout", rf"connecting to \S+ on {AT} \(Errno::ETIMEDOUT"),
    ("timed_out", "when connecting to", rf"timed out, when connecting to {AT}"),
    ("timed_out", "attempted address", rf"timeout.{{0,30}}?\(attempted address(?:es)?: {AT}"),
    ("timed_out", "execution expired", rf"open TCP connection to {AT} \(execution expired"),
    ("timed_out", "timed out", rf"connection timed out(?: after \d+ ?ms)?: (?P<host>(?=[\w.-]*[a-z]){HOST})/[\d.]+:(?P<port>{PORT})"),
    ("timed_out", "timed out", rf"connection timed out(?: after \d+ ?ms)?: /?(?P<host>\d[\d.]+):(?P<port>{PORT})"),
    ("timed_out", "timeout specified has expired", rf"timeout specified has expired\b.{{0,160}}?(?:remote server (?P<host>{HOST}):(?P<port>{PORT})|attempt to connect to [\d.a-f:\[\]]+:(?P<port_2>{PORT}) \((?P<host_2>{HOST}))"),
    ("timed_out", "timeout ", rf"timeout (?:performing|awaiting response)\b.{{0,400}}?serverEndpoint: (?:Unspecified/)?{AT}"),
    ("unreachable", "reach database server", rf"can't reach database server at `(?P<host>{HOST})`?:`?(?P<port>{PORT})`"),
    ("unreachable", "unabletoconnect", rf"UnableToConnect on {AT}"),
    ("unreachable", "endpoint url", rf"could not connect to the endpoint URL: \"{_URL}"),
    ("unreachable", "unreach)", rf"connecting to \S+ on {AT} \(Errno::E(?:HOST|NET)UNREACH"),
    # That it did not come to a connection, and not why.
    ("unreachable", "connect to ", rf"(?:(?:failed|unable) to|could not|cannot|can't) connect to (?:server )?\[?(?P<host>{HOST})(?:/(?:<unresolved>|[\d.]+))?:(?P<port>{PORT})\]?\s*$"),
    ("unreachable", "no response", rf"^{AT} - no response\s*$"),
    ("unreachable", "connect to server at '", rf"connect to server at '(?P<host>{HOST})' failed"),
    ("unreachable", "no route to host", rf"{AT}\b.{{0,60}}?no route to host"),
    *((kind, "error responses", rf"host='(?P<host>{HOST})', port=(?P<port>{PORT}).{{0,300}}?too many (?P<value>{codes}) error responses") for kind, codes in (("http_failed", "50[0-4]"), ("http_limited", "429"))),
    *((kind, "http status=", rf"{AT}, HTTP status=(?P<value>{codes})\b") for kind, codes in (("http_denied", "40[13]"), ("http_missing", "404"), ("http_limited", "429"), ("http_failed", "50[0-4]"))),
    ("reset", "in connection to", rf"reset by peer in connection to {AT}"),
    ("reset", "reset by peer", rf"\b{AT}/(?:\d+|bootstrap): .{{0,60}}?reset by peer"),
    *(("reset", piece, rf"{_URL}.{{0,200}}?(?:reset by peer|ECONNRESET)") for piece in ("reset by peer", "econnreset")),
)
# Of nobody in particular: tried after all others.
UNNAMED_PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("dns_failed", "nxdomain", r"(?-i:(?<!\w):nxdomain\b|\bnxdomain\})"),
    ("dns_failed", "non-existing domain", r"non-existing domain"),
    ("dns_failed", "unresolvedaddress", r"\bUnresolvedAddressException\b"),
    ("dns_failed", "lookup address information", r"failed to lookup address information"),
    ("dns_failed", "lookup error", r"\(Lookup error\.?\)|\bError: Lookup error\."),
    ("dns_failed", "domain name not found", r"(?<!or )\bdomain name not found\b"),
    ("reset", "econnreset", r"\bECONNRESET\b"),
    ("reset", "connection reset", r"\bSocketException: Connection reset\b"),
    ("reset", "connectionreset", r"\bConnectionResetError\b|\b(?:kind|source): ConnectionReset\b"),
    ("timed_out", "buffering timed out", r"\bbuffering timed out after \d"),
    ("timed_out", "in metadata after", r"\bnot present in metadata after \d+ ms"),
    ("timed_out", "timed out", r"(?<!client )(?<!clients )(?<!session )(?<!sessions )\btimed out (?:waiting|trying|while|during|after|connecting|fetching|acquiring)\b"),
    ("timed_out", "timeout period elapsed", r"timeout period elapsed"),
    ("timed_out", "connection timeout", r"connection timeout(?: has)? expired"),
    ("timed_out", "seconds elapsing", r"HttpClient\.Timeout of [\d.]+ seconds elapsing"),
    ("timed_out", "connection timeout", r"Error: connection timeout\s*$"),
    ("timed_out", ":timeout}", r"Error\{reason: :timeout\}"),
    ("timed_out", "nats: timeout", r"\bnats: timeout\b"),
    ("timed_out", "dropped from queue", r"request was dropped from queue after \d+ ?ms"),
    ("timed_out", "download timed out", r"^wget: download timed out"),
    ("timed_out", "timeout performing", r"timeout performing \w"),
    ("timed_out", "timeoutexception", r"(?<![\w.])(?:[a-z]\w*\.)*(?-i:TimeoutException|[A-Z]\w*TimeoutException)(?=: |\s*$)"),
    ("timed_out", "batch creation", r"\bms has passed since (?:batch creation|last append)"),
    ("unreachable", "specified mysql hosts", r"unable to connect to any of the specified MySQL hosts"),
    ("unreachable", "unreach", r"\bE(?:HOST|NET)UNREACH\b"),
    ("unreachable", "no servers available", r"\bnats: no servers available for connection"),
    ("unreachable", "run out of available brokers", r"run out of available brokers to talk to(?!: dial)"),
    ("unreachable", "nobrokersavailable", r"\bNoBrokersAvailable\b"),
    ("unreachable", "no alive nodes", r"\bno alive nodes found in your cluster"),
    ("unreachable", "contact ldap server", r"can't contact LDAP server"),
    ("unreachable", "maxretriesperrequesterror", r"\bMaxRetriesPerRequestError\b"),
    ("unreachable", "instance-specific error", r"network-related or instance-specific error"),
    ("unreachable", "specified endpoints were reachable", r"none of the specified endpoints were reachable"),
    # -- cut off: who was called hung up, in the words of its client
    ("cut_off", "other side closed", r"\bother side closed\b"),
    ("cut_off", "server disconnected", r"\bserver disconnected\b(?! (?:from|by) )"),
    ("cut_off", "has gone away", r"\bserver has gone away\b"),
    ("cut_off", "server went away", r"\bredis server went away\b"),
    ("cut_off", "lost connection to", r"\blost connection to (?:mysql|mariadb|server)\b"),
    ("cut_off", "communications link failure", r"\bcommunications link failure\b"),
    ("cut_off", "unexpected end of", r"\bunexpected end of (?:stream|file from server|file (?:while|when) reading)\b|communicating with (?:the )?database: .{0,30}?unexpected end of file"),
    ("cut_off", "end of the stream", r"attempted to read past the end of the stream"),
    ("cut_off", "end of file reached", r"\bEOFError\b.{0,12}?end of file reached"),
    ("cut_off", "at eof", r"expected to read \d+ bytes, got \d+ bytes at EOF"),
    ("cut_off", "before message completed", r"connection closed before message completed"),
    ("cut_off", "tcp recv", r"\btcp recv(?: \([^)]{1,40}\))?: closed\b"),
    ("cut_off", "ssl recv", r"\bssl recv(?: \([^)]{1,40}\))?: closed\b"),
    ("cut_off", "transporterror", r"TransportError\{reason: :closed\}|\(Mint\.TransportError\) socket closed"),
    ("cut_off", "connectionloss", r"KeeperErrorCode = ConnectionLoss"),
    ("cut_off", "broken connection to", rf"broken connection to {HOST}:{PORT}"),
    ("cut_off", "peer shut down", r"SSL peer shut down incorrectly"),
    ("cut_off", "terminated the handshake", r"remote host terminated the handshake"),
    ("cut_off", "premature", r"\bconnection prematurely closed\b|\bPremature EOF\b|\btrying to fetch \S{1,200}: Premature close|\bresponse ended prematurely\b"),
    ("cut_off", "failed to respond", r"\bNoHttpResponseException\b.{0,80}?failed to respond"),
    ("cut_off", "terminated unexpectedly", r"^(?:\w*Error: |.{0,80}\b)connection terminated unexpectedly"),
    ("cut_off", "closed unexpectedly", r"\b(?:SSL )?connection (?:has been |was )?closed unexpectedly"),
    ("cut_off", "sending to the backend", r"I/O error occurred while sending to the backend"),
    ("cut_off", "driver: bad connection", r"\bdriver: bad connection\b"),
    ("cut_off", "bootstrap broker", r"bootstrap broker \S{1,120} \(id: -?\d+ rack: \w+\) disconnected"),
    ("cut_off", "during authentication", r"terminated during authentication"),
    ("cut_off", "socket disconnected before", r"socket disconnected before secure TLS connection"),
    ("cut_off", "closed abruptly", r"\bsocket closed abruptly\b"),
    ("cut_off", "connection_forced", r"\bCONNECTION_FORCED\b"),
    ("cut_off", "streamlosterror", r"\bStreamLostError\b"),
    ("cut_off", "middle of operation", r"connection was closed in the middle of operation"),
    ("cut_off", "reading line from the server", r"error while reading line from the server"),
    ("cut_off", "read error on connection", r"\bread error on connection(?: to \S{1,100})?"),
    ("cut_off", "connection termination", r"reset reason: connection termination"),
    ("cut_off", "sending any data back", r"server closed connection without sending any data back"),
    ("cut_off", "connection is closed", r"^Error: Connection is closed\."),
    ("cut_off", "server unexpectedly closed", r"\bserver unexpectedly closed (?:the )?connection\b"),
)
# fmt: on
