"""Patterns of what clients say of a server that they reach and that does not serve them: certificates, locks, limits of
the host. As `signaltable.py`; data only.
"""

from __future__ import annotations

from ergon_ops.logtemplates.signaltable import DOCS, HOST, PATH, PORT, SOURCES

_FILE = rf"(?![\w.-]*\.(?:{SOURCES}):)"  # a line of a source is no port of a host
# Who is called, if the line says so anywhere: a URL, fields, or a name with its port.
_AT = (
    rf"(?=.*?(?:\b(?:https|wss|tls|amqps|rediss|mqtts|ldaps|smtps|http)://(?:[^\s/@]*@)?{DOCS}(?P<host>{HOST})(?::(?P<port>{PORT}))?"
    rf"|host='(?P<host_2>{HOST})', port=(?P<port_2>{PORT})"
    rf"|\bpeeraddr=(?P<host_4>{HOST}):(?P<port_4>{PORT})"
    rf"|\b(?P<host_5>[A-Za-z][\w.-]*)\[[\d.a-f:]+\]:(?P<port_5>{PORT})"
    rf"|(?:PostgreSQL server at|server at) \"(?P<host_6>{HOST})(?::(?P<port_6>{PORT}))?\"(?: \([\d.a-f:]+\))?(?:, port (?P<port_7>{PORT}))?"
    rf"|(?:not valid for(?: name)?|target host name|certificate of|requested host name|hostname) ['\"‘](?P<host_7>{HOST})['\"’]"
    rf"|certificate for <?(?P<host_8>{HOST})(?:>| because )|no name matching (?P<host_9>{HOST}) found|valid for [\w.*, -]{{1,120}}, not (?P<host_10>{HOST})"
    rf"|(?<![\w./-]){_FILE}(?P<host_3>[A-Za-z][\w.-]*):(?P<port_3>\d{{2,5}})\b)|)"
)

# fmt: off
# ruff: noqa: E501
CLIENT_PATTERNS: tuple[tuple[str, str, str], ...] = (
    # -- TLS: Python, curl and PostgreSQL by OpenSSL, node, Go, Java, .NET, Rust
    *(("tls_expired", piece, rf"^{_AT}.*?(?:certificate (?:has |is )?expired(?! or is not yet valid: current time .{{0,40}}?is before)|CERT_HAS_EXPIRED|CertificateExpiredException|\bNotTimeValid\b|CertPathValidatorException: validity check failed|peer certificate: Expired)") for piece in ("expired", "nottimevalid", "validity check")),
    *(("tls_not_yet", piece, rf"^{_AT}.*?(?:certificate is not yet valid|CERT_NOT_YET_VALID|CertificateNotYetValid|not yet valid: current time .{{0,40}}?is before|peer certificate: NotValidYet|certificate not valid yet)") for piece in ("not yet valid", "not_yet_valid", "notyetvalid", "notvalidyet", "not valid yet")),
    *(("tls_untrusted", piece, rf"^{_AT}.*?(?:self[- ]signed certificate|unable to get (?:local )?issuer cert|unable to verify the first certificate|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|certificate signed by unknown authority|PKIX path building failed|unable to find valid certification path|\bUntrustedRoot\b|\bPartialChain\b|peer certificate: UnknownIssuer|(?-i:CERT_AUTHORITY_INVALID)|CLIENT ALERT: Fatal - Unknown CA|\bRemoteCertificateChainErrors\b|unable to locally verify the issuer's authority|server certificate verification failed\. CAfile|certificate of \S{{1,80}} (?:is not trusted|hasn't got a known issuer)|does not chain with any of the trust anchors|Trust anchor for certification path not found)") for piece in ("signed cert", "issuer", "first cert", "leaf_sig", "unknown authority", "pkix", "certification path", "untrustedroot", "partialchain", "self_signed", "cert_authority_invalid", "is not trusted", "trust anchor", "fatal - unknown ca", "chainerrors", "cafile")),
    *(("tls_name", piece, rf"^{_AT}.*?(?:hostname mismatch|certificate is not valid for|ERR_TLS_CERT_ALTNAME_INVALID|hostname/IP does not match certificate|certificate is valid for \S+.{{0,80}}?, not |no alternative certificate subject name matches|No subject alternative (?:DNS )?names? (?:matching|present)|RemoteCertificateNameMismatch|peer certificate: NotValidForName|doesn't match certificate|doesn't match any of the subject alternative names|certificate for \S{{1,80}} does not match host ?name|does not match (?:the server certificate|target host ?name)|relies on legacy Common Name field|doesn't contain any IP SANs|No name matching \S{{1,80}} found|did not match expected CN=|hostname_check_failed|certificate common name \S{{1,80}} doesn't match|owner does not match host ?name|not valid for (?:any names|name )|(?-i:CERT_COMMON_NAME_INVALID))") for piece in ("mismatch", "valid for", "altname", "does not match cert", "doesn't match", "does not match", "alternative", "notvalidforname", "legacy common name", "ip sans", "no name matching", "expected cn=", "hostname_check_failed", "cert_common_name")),
    *(("tls_plain", piece, rf"^(?!.*accepting a client connection){_AT}.*?(?:wrong[ _]version[ _]number|record layer failure|first record does not look like a TLS handshake|gave HTTP response to HTTPS client|Unsupported or unrecognized SSL message|packet length too long|received corrupt message of type InvalidContentType|Cannot determine the frame size|server does(?: not|n't) support (?:SSL|TLS|secure connection|it\b.{{0,20}}?SSL)|SSL is required,? but the server (?:does not|doesn't) support it|SSL is not enabled on the server|not an SSL/TLS record: (?!474554|484541|504f53|505249|505554|44454c)|No SSL enabled connection from this host|rejected SSL upgrade|STARTTLS (?:extension )?not supported by server)") for piece in ("version", "record layer", "first record", "https client", "unrecognized ssl", "length too long", "corrupt message", "frame size", "support ssl", "support tls", "support secure", "support it", "ssl is not enabled", "ssl/tls record", "ssl enabled connection", "ssl upgrade", "starttls")),
    # -- files that several share, and what the host grants a user
    ("sqlite_locked", "database is locked", r"\bdatabase (?:table )?is locked\b"),
    ("sqlite_unopened", "unable to open database", rf"unable to open database(?: file)?(?::? ['\"]?(?P<path>{PATH}))?"),
    ("sqlite_unopened", "sqlite_cantopen", r"\bSQLITE_CANTOPEN\b"),
    ("sqlite_readonly", "readonly database", r"attempt to write a readonly database"),
    ("sqlite_readonly", "sqlite_readonly", r"\bSQLITE_READONLY\b"),
    ("sqlite_path", "sqlite", r"\bsqlite3?(?:\+\w+)?:(?:///)?(?P<path>/(?!/)[^\s'\"?,;)]+)"),
    *(("sqlite_path", piece, rf"(?P<path>{PATH}\.(?:db3?|sqlite3?))\b") for piece in (".db", ".sqlite")),
    ("sqlite_locked", "sqlite_busy", r"\bSQLITE_BUSY\b"),
    ("inotify_full", "inotify", r"inotify (?:instance|watch)(?:es)? limit reached|inotify_(?:init1?|add_watch)\b.{0,60}(?:Too many open files|No space left|EMFILE|ENOSPC)|limit (?:\(\d+\) )?on (?:the (?:total )?number of )?inotify (?:watches|instances)|inotify resources exhausted|no space left on device.{0,20}inotify"),
    ("inotify_full", "file watchers", r"(?:limit for number of file watchers|file watchers) reached"),
    # -- modules of other languages
    ("ruby_gem", "cannot load such file", r"cannot load such file -- (?P<value>[\w./-]+)"),
    ("ruby_gem", "could not find gem", r"could not find gem '(?P<value>[\w-]+)"),
    ("ruby_gem", "in locally installed gems", r"could not find (?P<value>[\w-]+)-[\d.]+\b.* in (?:any of the sources|locally installed gems)"),
    ("perl_module", "can't locate", r"can't locate (?P<value>[\w/]+\.pm) in @INC"),
    ("php_file", "failed opening required", rf"failed opening required '(?P<path>{PATH})'"),
    ("dotnet_assembly", "could not load file or assembly", r"could not load file or assembly '(?P<value>[\w.-]+)"),
)
# fmt: on
