"""Patterns of what a program says when another one answers with an error, and of what the kernel or a library refuses it.
As `signaltable.py`; data only.

An answer's status counts only beside the URL that was asked: a server's own access log names a path, not a host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ergon_ops.logtemplates.signaltable import HOST, PATH, PORT

# The URL anywhere in the line; what an error is called; what is said before a status, or after it.
_ASKED = rf"(?=.*?\bhttps?://(?:[^\s/@]*@)?(?P<host>{HOST})(?::(?P<port>{PORT}))?)"
_PAGE = r"(?=.*?\bhttps?://[^\s/]+(?P<page>/[^\s'\"`?,;)\]\\]*))"
BAD = (
    "err", "fail", "reject", "denied", "refus", "exception", "unauthori", "forbidden", "warn", "exceeded", "cannot",
    "can't", "could not", "unable", "notfound", '"level":4', '"level":5', "too many", "bad gateway", "unavailable", "received status code", "received http",
)  # fmt: skip
_BEFORE = (
    "status code ", "status code: ", "status_code=", "status_code: ", 'status_code": ', 'status_code":', "status=",
    "status: ", "status ", 'status":', 'status": ', "statuscode=", 'statuscode":', "statuscode: ", "code ", "code=",
    "code: ", 'code":', 'code": ', "error ", "error: ", "got ", "answered ", "returned ", "responded ", "with ",
    "received ", "http ", "http/1.1 ", "(", "[", ": ", "-> ", "was ",
)  # fmt: skip
_AFTER = (
    r"(?= (?:client error|server error|unauthorized|forbidden|not found|too many|internal server|bad gateway|service un"
    r"|gateway time))"
)


def _answer(kind: str, codes: str, pieces: Sequence[str], page: str = "") -> tuple[str, str, str]:
    """The error may be called anything, and the status may stand anywhere: a line has one of each of two sets."""
    behind = "|".join(f"(?<={re.escape(words)}{codes})" for words in _BEFORE)
    bad = "|".join(map(re.escape, BAD))
    pattern = (
        rf"^(?=.*?(?:{bad})){page}{_ASKED}.*?(?P<value>{codes})\b(?:{behind}|{_AFTER})(?! ?(?:(?:ms|s|bytes)\b|/))"
    )
    return kind, f"://…{'|'.join(pieces)}…{'|'.join(BAD)}", pattern


def _line(kind: str, codes: str, pieces: Sequence[str]) -> tuple[str, str, str]:
    """A client's own line about a call, which need not say that the answer is bad: method, URL, and the status next."""
    pattern = (
        rf"(?<!finished HTTP/1\.1 )(?<!finished HTTP/2 )\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b[^\w/]{{0,4}}https?://(?:[^\s/@]*@)?(?P<host>{HOST})"
        rf"(?::(?P<port>{PORT}))?(?P<page>/[^\s'\"`?,;)\]\\]*)?[^\s'\"]*['\"]?\s[^\w.]{{0,4}}(?:HTTP/[\d.]+ |status\W{{1,4}}|code\W{{1,4}}|"
        rf"returned |answered |got )?(?P<value>{codes})\b(?! ?(?:ms|s|bytes)\b|[./:])"
    )
    return kind, f"://…{'|'.join(pieces)}", pattern


def _bare(kind: str, codes: str) -> Iterator[tuple[str, str, str]]:
    """A client's error that tells the status and not who answered."""
    for needle, words in _CLIENTS:
        yield kind, needle, rf"{words}(?P<value>{codes})\b"


# What a client's library calls an answer that it takes for an error; a server does not raise these itself.
_CLIENTS = (
    ("failed with status code", r"\brequest failed with status code "),
    ("does not indicate success", r"does not indicate success: "),
    ("http error", r"\bHTTPError: HTTP Error "),
    ("web.client.http", r"web\.client\.Http\w{1,40}(?:Exception|ErrorException)(?:\$\w{1,40})?: "),
    ("feignexception", r"\bFeignException(?:\$\w{1,60})?: (?:status )?\[?"),
    ("webclientresponseexception", r"\bWebClientResponseException(?:\$\w{1,60})?: "),
    ("requested url returned error", r"requested URL returned error: "),
    ("server returned error", r"server returned error: HTTP/[\d.]+ "),
    ("responded with status", r"\bthe server responded with (?:a )?status (?:of |code )?"),
    ("restclient::", r"\bRestClient::\w{1,60}: "),
    ("openuri::", r"\bOpenURI::HTTPError: "),
    ("response code", r"\bHTTPError: Response code "),
    ("an error occurred (", r"\ban error occurred \("),
    ("authenticationexception(", r"\bAuthenticationException\("),
    ("unexpected response code", r"\bunexpected response code: "),
    ("net::http", r"\bNet::HTTP\w{1,30}(?:Exception|Error): "),
    ("returned http status", r"server returned HTTP status "),
    ("received status code", r"received status code:? "),
    ("http status=", r"\bHTTP status="),
    ("http status: ", r"\bHTTP status: "),
    ("httpexception: http", r"\bHttpException: HTTP "),
    ("response status code", r"Error: Response status code "),
    ("error code: ", r"\b\w+\.\w+Error: Error code: "),
    ("errors::", r"Transport::Errors::\w{1,40}: \["),
    ("authorizationexception(", r"\bAuthorizationException\("),
    ("notfounderror(", r"\bNotFoundError\("),
    (" error 4", r"^[\d: -]*\bERROR "),
    ("unexpected server response", r"\bunexpected server response: "),
    ("googleapi: error", r"\bgoogleapi: Error "),
)

# Their pieces are sets, parted by `…`, of which a line has one each.
STATUS_PATTERNS: tuple[tuple[str, str, str], ...] = (
    _answer("http_denied", "40[13]", ("401", "403")),
    _answer("http_missing", "404", ("404",), _PAGE),
    _answer("http_limited", "429", ("429",)),
    _answer("http_failed", "50[0-4]", ("500", "502", "503", "504")),
    _line("http_denied", "40[13]", ("401", "403")),
    _line("http_missing", "404", ("404",)),
    _line("http_limited", "429", ("429",)),
    _line("http_failed", "50[0-4]", ("500", "502", "503", "504")),
)

# .NET says whom it asks in a line, and what came of it in one of the next.
STATUS_SPANS: tuple[tuple[str, str, str], ...] = tuple(
    (
        kind,
        "://…does not indicate success",
        rf"https?://(?P<host>{HOST})(?::(?P<port>{PORT}))?{page}.*\n(?:.*\n){{0,4}}.*does not indicate success: (?P<value>{codes})\b.*\Z",
    )
    for kind, codes, page in (
        ("http_denied", "40[13]", ""),
        ("http_missing", "404", r"(?P<page>/[^\s'\"?]*)"),
        ("http_limited", "429", ""),
        ("http_failed", "50[0-4]", ""),
    )
)

# fmt: off
# ruff: noqa: E501
ANSWER_PATTERNS: tuple[tuple[str, str, str], ...] = (
    *(row for kind, codes in (("http_denied", "40[13]"), ("http_missing", "404"), ("http_limited", "429"), ("http_failed", "50[0-4]")) for row in _bare(kind, codes)),
    # -- of requests that the program itself did not serve
    ("http_error", "internal server error", r"^Internal Server Error: /"),
    ("http_error", "request finished", r"\bRequest finished HTTP/.{0,300}? - (?P<value>50[0-4])\b"),
    ("http_error", " ms", r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S{0,300} (?P<value>50[0-4]) [\d.]{1,12} ms\b"),
    ("http_error", "sent 50", r"(?:^|\] )Sent (?P<value>50[0-4]) in \d"),
    ("http_error", "responded 50", r"\bresponded (?P<value>50[0-4]) in \d"),
    ("http_error", "statuscode", r"\bstatusCode[\"=: ]{1,4}(?P<value>50[0-4])\b"),
    *(("http_error", piece, r"\b(?P<value>50[0-4]) (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)\b") for piece in ("internal server error", "bad gateway", "service unavailable", "gateway time")),
    ("http_error", "completed 50", r"^(?:.{0,80}\b)?Completed (?P<value>50[0-4]) \w"),
    ("http_error", "| 50", r"\[GIN\].{0,60}?\| ?(?P<value>50[0-4]) ?\|"),
    # -- what a server says of what it is asked for
    ("pg_column_missing", "does not exist", r"\bcolumn ['\"]?(?P<value>[\w.]+)['\"]? (?:of relation \S+ )?does not exist(?!, skipping)"),
    ("pg_denied", "permission denied for", r"permission denied for (?:table|relation|schema|sequence|view|function|database) ['\"]?(?P<value>[\w.]+)"),
    ("pg_read_only", "read-only transaction", r"cannot execute (?P<value>[A-Z_() ]+) in a read-only transaction"),
    ("pg_statement_timeout", "statement timeout", r"canceling statement due to statement timeout"),
    ("sqlite_table_missing", "no such table", r"\bno such table: (?P<value>[\w.]+)"),
    ("redis_acl", "no permissions", r"(?:NOPERM )?(?:this user|User \S+) has no permissions to (?:run|access)"),
    ("redis_acl", "noperm", r"\bNOPERM\b"),
    ("redis_busy", "busy running a script", r"is busy running a script"),
    ("redis_http", "security attack", r"possible security attack detected"),
    ("pg_strange", "startup packet", r"invalid length of startup packet"),
    ("pg_strange", "unsupported frontend protocol", r"unsupported frontend protocol"),
    ("cut_off", "remote", r"RemoteDisconnected|Remote end closed connection without response"),
    ("cut_off", "closed", r"\bconnection (?:was )?closed by (?:the )?(?:server|remote host|peer)\b|\bserver closed the connection\b"),
    ("cut_off", "hang up", r"\bsocket hang up\b"),
    ("cut_off", "empty reply", r"\bEmpty reply from server\b"),
    ("cut_off", "badstatusline", r"\bBadStatusLine\b"),
    ("cut_off", "malformed http", r"malformed HTTP (?:response|status)"),
    ("cut_off", "parse error", r"\bParse Error: Expected HTTP/|HPE_INVALID_CONSTANT"),
    ("cut_off", "unexpected eof", r"\bunexpected EOF\b(?! on client)|\bEOF while\b"),
    ("cut_off", ": eof", r": EOF[\"'}\s]{0,4}$"),
    ("tls_wanted", "plain http request", rf"^(?=.*?\bhttps?://(?P<host>{HOST})(?::(?P<port>{PORT}))?|).*?plain HTTP request was sent to HTTPS port"),
    ("tls_wanted", "http request to an https", rf"^(?!.*TLS handshake error from)(?=.*?\bhttps?://(?P<host>{HOST})(?::(?P<port>{PORT}))?|).*?Client sent an HTTP request to an HTTPS server"),
    # What a server that speaks TLS says of somebody who does not: nginx (info), apache, Go, Python and others by
    # OpenSSL, Java, Netty (the bytes of `GET `), BoringSSL.
    ("tls_got_plain", "plain http request", r"client sent plain HTTP request to HTTPS port"),
    ("tls_got_plain", "http spoken on https", r"HTTP spoken on HTTPS port"),
    ("tls_got_plain", "http request to an https", r"TLS handshake error from \S+: client sent an HTTP request to an HTTPS server"),
    ("tls_got_plain", "http request", r"\bSSL(?:\b|:)[^\n]{0,60}?:\s?http request\b|\[SSL: HTTP_REQUEST\]"),
    ("tls_got_plain", "http_request", r"\[SSL: HTTP_REQUEST\]|SSL routines:\w*:HTTP_REQUEST\b"),
    ("tls_got_plain", "plaintext connection", r"Unrecognized SSL message, plaintext connection"),
    ("tls_got_plain", "not an ssl/tls record", r"not an SSL/TLS record: (?:474554|484541|504f53|505249)"),
    ("tls_got_plain", "only allow ssl", r"receiving request from client\b.{0,300}?configured to only allow SSL connections"),
    ("tls_got_plain", "accepting a client connection", r"error accepting a client connection: .{0,80}?(?:wrong[ _]version[ _]number|http request)"),
    ("tls_wanted", "plain http", r"speaking plain HTTP to an SSL-enabled server"),
    ("tls_wanted", "insecure transport", r"connections using insecure transport are prohibited"),
    ("task_unregistered", "unregistered task", r"received unregistered task of type ['\"](?P<value>[\w.]+)"),
    ("rabbitmq_precondition", "precondition_failed", r"PRECONDITION_FAILED - (?:inequivalent arg '(?P<setting>[\w-]+)' for (?:queue|exchange) '(?P<value>[^']+)')?"),
    # -- nginx
    ("nginx_key_mismatch", "key values mismatch", r"key values mismatch"),
    ("nginx_no_resolver", "no resolver defined", rf"no resolver defined to resolve (?P<host>{HOST})"),
    ("nginx_loop", "redirection cycle", rf"rewrite or internal redirection cycle while .{{0,60}}?\"(?P<path>{PATH})\""),
    ("nginx_user", "failed", r"\[emerg\].{0,20}getpwnam\(\"(?P<user>[^\"]+)\"\) failed|\[emerg\].{0,20}getgrnam\(\"(?P<user_2>[^\"]+)\"\) failed"),
    ("nginx_file_denied", "permission denied", rf"\"(?P<path>{PATH})\" failed \(13: Permission denied\), client:"),
    # -- what a system does not have, or does not allow
    ("zone_unknown", "time zone", r"(?:no time zone found with key|unknown time zone|invalid time zone(?: specified)?:?) ['\"]?(?P<value>[A-Za-z][\w+/-]*)"),
    ("zone_unknown", "timezone", r"(?:UnknownTimeZoneError|InvalidTimezoneIdentifier|(?:unknown|invalid) timezone)\W{1,4}(?P<value>[A-Za-z][\w+/-]*)"),
    ("sysctl_denied", "setting key", r"sysctl: (?:error )?setting key ['\"](?P<setting>[\w.-]+)['\"]"),
    ("sysctl_denied", "permission denied on key", r"sysctl: permission denied on key ['\"](?P<setting>[\w.-]+)['\"]"),
    ("sysctl_denied", "/proc/sys/", r"/proc/sys/(?P<setting>[\w./-]+)['\"]?: (?:Read-only file system|Permission denied)"),
    ("file_too_large", "file too large", r"\bfile too large\b"),
    ("file_too_large", "efbig", r"\bEFBIG\b"),
    ("file_too_large", "file size limit", r"\bfile size limit exceeded\b"),
    ("memlock", "lock", r"(?:unable|failed|cannot|can't|could not) to? ?(?:m?lock(?:all)?)\b.{0,60}?(?:memory|bytes|pages)|\bmlock(?:all)?\b.{0,40}?(?:cannot allocate|operation not permitted|failed|ENOMEM|EPERM)|memory locking requested .{0,60}?not locked"),
    ("address_unavailable", "assign requested address", rf"(?:(?:bind|listen)\w*\b.{{0,60}}?(?P<host>\d+\.\d+\.\d+\.\d+)(?:\D{{1,4}}(?P<port>{PORT})\b)?.{{0,60}})?(?:cannot|can't) assign requested address(?:.{{0,40}}?(?:bind|listen)\w*\b.{{0,30}}?(?P<host_2>\d+\.\d+\.\d+\.\d+)(?:\D{{1,4}}(?P<port_2>{PORT})\b)?)?"),
    ("address_unavailable", "eaddrnotavail", rf"EADDRNOTAVAIL\b(?:.{{0,40}}?(?P<host>\d+\.\d+\.\d+\.\d+):(?P<port>{PORT}))?"),
    ("uid_unknown", "uid not found", r"uid not found: (?P<user>\d+)"),
    ("uid_unknown", "effective user id", r"could not look up effective user ID (?P<user>\d+)"),
    ("uid_unknown", "user exists for uid", r"no user exists for uid (?P<user>\d+)"),
    ("uid_unknown", "unknown userid", r"unknown userid (?P<user>\d+)"),
    ("not_permitted", "operation not permitted", rf"(?:\"(?P<path>{PATH})\"|(?<![\w.])(?P<path_2>/[\w./-]+)['\"]?:?).{{0,40}}?operation not permitted"),
    ("not_permitted", "operation not permitted", r"operation not permitted"),
    # Of one that is root and may not become another: some do not say what the system answered.
    ("not_permitted", "failed to assume identity", r"failed to assume identity of user (?P<user>[\w.-]+)"),
    ("not_permitted", "cannot set ", r"\bcannot set [ug]id (?P<user>\d+)\b"),
    ("pid_file", "already running", rf"already running\b.{{0,40}}?(?P<path>{PATH}\.pid)"),
    ("pid_file", ".pid", rf"(?:pid ?file|lock ?file|pid)\b.{{0,20}}?(?P<path>{PATH}\.pid)['\"]? (?:already )?exists|(?P<path_2>{PATH}\.pid)['\"]? already exists"),
    ("pid_file", "already running", r"\bhttpd \(pid \d+\) already running"),
    ("locale_unknown", "locale", r"unsupported locale setting|cannot (?:change|set) locale|locale::facet::_S_create_c_locale name not valid|invalid locale name"),
    ("libc_version", "version `", r"version `(?P<value>[A-Z]+(?:XX)?_[\d.]+)' not found"),
    ("libc_version", "error relocating", r"error relocating \S+ (?P<value>\w+): symbol not found"),
    ("java_version", "unsupportedclassversion", r"UnsupportedClassVersionError.{0,160}?class file version (?P<value>[\d.]+).{0,120}?up to (?P<expected>[\d.]+)"),
    ("node_abi", "node_module_version", r"NODE_MODULE_VERSION (?P<value>\d+)\. This version of Node\.js requires"),
    ("node_abi", "different node.js version", r"was compiled against a different Node\.js version"),
)
# fmt: on
