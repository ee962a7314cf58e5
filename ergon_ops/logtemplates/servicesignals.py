"""Patterns of what particular programs say: redis, PostgreSQL, nginx, MySQL, RabbitMQ … As `signaltable.py`; data only.

Kinds begin with the program's name, so that a rule asks for one program's words.
"""

from __future__ import annotations

from ergon_ops.logtemplates.signaltable import FIELDS, HOST, PATH, PORT

NAME = r"[\w.@-]+"
UPSTREAM = rf"upstream: \"(?:[a-z]+://)?(?P<host>\[[0-9a-f:]+\]|{HOST})(?::(?P<port>{PORT})|:(?P<path>/[^\s:\"]+))?"
# What a client says of the redis that it was not served by: as fields of the line, or as an URL before or after it.
_URL = rf"\brediss?://(?:[^\s/@]*@)?(?P<host>{HOST})(?::(?P<port>{PORT}))?(?=[/\s'\",;:)?\]]|$)"
_REDIS = (
    ("redis_noauth", "authentication required", r"\bAuthentication required"),
    ("redis_wrongpass", "wrongpass", r"\bWRONGPASS\b"),
    ("redis_readonly", "read only replica", r"You can't write against a read only (?:replica|slave)"),
)
# Of nginx that does not start; not where a system call, a name server or a certificate failed it.
EMERG = r"\[emerg\] (?:\d+#\d+: )?(?!.*(?:\bfailed \(|host not found|cannot load certificate|\bgetpwnam|\bgetgrnam))"

# fmt: off
# ruff: noqa: E501
SERVICE_PATTERNS: tuple[tuple[str, str, str], ...] = (
    # -- redis, in its own log or in a client's; some clients leave out the code that an answer begins with
    *(("redis_noauth", "noauth", rf"{form}\bNOAUTH\b") for form in (FIELDS, rf"{_URL}.{{0,200}}?")),
    *((kind, piece, rf"{form}{word}") for kind, piece, word in _REDIS for form in (rf"{_URL}.{{0,200}}?", *((FIELDS,) if kind != "redis_noauth" else ()))),
    *((kind, piece, rf"{word}.{{0,200}}?{_URL}") for kind, piece, word in _REDIS),
    ("redis_oom", "command not allowed when", r"\bcommand not allowed when used memory"),
    ("redis_misconf", "misconf", r"MISCONF (?:Redis|Valkey|Errors|\w+ is configured)"),
    ("redis_save_failed", "rdb", rf"(?:failed opening|error opening) (?:the )?(?:temp )?(?:RDB|rdb) file (?P<path>\S+)(?: \(in server root dir (?P<mount>{PATH})\))?.*?: (?P<value>[A-Za-z -]+)"),
    ("redis_save_failed", "write error saving db", r"Write error (?:while )?saving DB (?:to the disk|on disk)(?:\([^)]*\))?: (?P<value>[A-Za-z -]+)"),
    ("redis_save_failed", "background saving error", r"Background saving error"),
    ("redis_aof_bad", "append only file", r"(?:Bad file format reading|Unexpected end of file reading|Unrecoverable error reading) the append only file:? ?(?P<path>[\w./-]+\.(?:aof|rdb))?"),
    ("redis_aof_bad", "aof", r"The AOF (?:manifest )?file (?:is|appears) (?:corrupted|broken)|Invalid AOF (?:manifest )?file format"),
    ("redis_rdb_bad", "loading db", r"Short read or OOM loading DB|Wrong signature trying to load DB|Terminating server after rdb file reading failure|Internal error in RDB reading|RDB file was saved with checksum disabled.*corrupt|Can't handle RDB format version (?P<value>\d+)"),
    ("redis_rdb_bad", "wrong signature", r"Wrong signature trying to load DB"),
    ("redis_rdb_bad", "rdb", r"Wrong RDB checksum|Terminating server after rdb file reading failure|Internal error in RDB reading|Can't handle RDB format version (?P<value>\d+)"),
    ("redis_noauth", "authentication required", r"NOAUTH\b.*Authentication required|AuthenticationError: Authentication required"),
    ("redis_noauth", "authentication required", r"\brediss?://\S+:? Authentication required"),
    ("redis_noauth", "noauth", r"\bNOAUTH (?:Authentication|HELLO)"),
    # What a redis says to more than 16 kB from somebody who has not said its password.
    ("redis_noauth", "unauthenticated", r"unauthenticated (?:multibulk|bulk) length"),
    ("redis_wrongpass", "wrongpass", r"\bWRONGPASS\b"),
    ("redis_wrongpass", "without any password", r"AUTH <password> called without any password configured"),
    ("redis_wrongpass", "invalid password", r"(?:AuthenticationError|ReplyError|ERR):? (?:ERR )?invalid password"),
    ("redis_wrongpass", "invalid username-password", r"invalid username-password pair"),
    ("redis_denied", "protected mode", r"(?:DENIED )?Redis is running in protected mode"),
    ("redis_max_clients", "max number of clients", r"max number of clients reached"),
    ("redis_readonly", "read only replica", r"You can't write against a read only (?:replica|slave)"),
    ("redis_master_down", "masterdown", r"\bMASTERDOWN\b"),
    ("redis_master_down", "link with master is down", r"\bLink with MASTER is down\b"),
    ("redis_sync_failed", "master", r"(?:MASTER aborted replication with an error|Unexpected reply to PSYNC from master|Unable to AUTH to MASTER|AUTH to MASTER failed):? ?-?(?P<value>[A-Z]{3,})?"),
    ("redis_sync_failed", "master", r"Unable to connect to MASTER: (?:Success|(?P<value>[A-Z][a-z][\w ]{2,60}))"),
    # A name that is not found; what the system said last has nothing to do with it.
    ("dns_failed", "unable to connect to master", r"Unable to connect to MASTER: (?:Success|No such file or directory|Invalid argument|Resource temporarily unavailable)"),
    ("redis_sync_failed", "master", r"(?P<value>Timeout) connecting to the MASTER|MASTER (?P<value_2>timeout): no data nor PING received"),
    ("redis_sync_failed", "for sync", r"Error condition on socket for SYNC: (?P<value>[A-Z][a-z][\w ]{2,60})"),
    ("redis_sync_failed", "synchronization db", r"Failed trying to load the MASTER synchronization DB"),
    ("redis_config_bad", "fatal config file error", r"FATAL CONFIG FILE ERROR"),
    ("redis_config_bad", ">>> '", r"^>>> '(?P<setting>[\w-]+)"),
    # -- PostgreSQL
    ("pg_auth_failed", "authentication failed", r"(?:password|peer|ident|MD5|SCRAM|LDAP|certificate) authentication failed for (?:user|role) ['\"](?P<user>[^'\"]+)['\"]"),
    ("pg_auth_failed", "pg_hba.conf", r"no pg_hba\.conf entry for (?:host|replication connection from host) \"(?P<address>[^\"]+)\", user \"(?P<user>[^\"]+)\""),
    ("pg_auth_failed", "no password supplied", r"fe_sendauth: no password supplied"),
    ("pg_role_missing", "does not exist", r"role ['\"](?P<user>[^'\"]+)['\"] does not exist(?!, skipping)"),
    ("pg_table_missing", "does not exist", r"(?<!of )relation ['\"](?P<value>[^'\"]+)['\"] does not exist(?!, skipping)"),
    ("mysql_table_missing", "doesn't exist", r"Table '(?P<value>[\w.-]+)' doesn't exist"),
    ("pg_database_missing", "does not exist", r"database ['\"](?P<value>[^'\"]+)['\"] does not exist(?!, skipping)"),
    ("pg_too_many", "clients already", r"sorry, too many clients already"),
    ("pg_too_many", "connection slots", r"remaining connection slots are reserved"),
    ("pg_too_many", "too many connections for", r"too many connections for (?:role|database) \"(?P<value>[^\"]+)\""),
    ("pg_lock_timeout", "lock timeout", r"canceling statement due to lock timeout"),
    ("pg_deadlock", "deadlock detected", r"deadlock detected"),
    ("pg_version_mismatch", "initialized by postgresql", r"data directory was initialized by PostgreSQL version (?P<value>[\d.]+), which is not compatible with this version (?P<expected>[\d.]+)"),
    ("pg_password_missing", "superuser password is not specified", r"superuser password is not specified"),
    ("pg_password_missing", "a new database needs a password", r"a new database needs a password"),
    ("pg_wal_full", "no space left", r"(?:PANIC|FATAL|ERROR|LOG):.*(?P<path>pg_wal/?[\w./-]*).*: No space left on device"),
    ("pg_config_bad", "unrecognized configuration parameter", r"unrecognized configuration parameter \"(?P<setting>[^\"]+)\""),
    ("pg_config_bad", "invalid value for parameter", r"(?:FATAL|LOG|postgres):.*invalid value for parameter \"(?P<setting>[^\"]+)\": \"(?P<value>[^\"]*)\""),
    ("pg_config_bad", "parameter", r"FATAL:.*parameter \"(?P<setting>[^\"]+)\" (?:cannot be changed|requires)"),
    ("pg_config_bad", "could not access file", r"FATAL:\s+could not access file \"(?P<value>[^\"]+)\": No such file"),
    ("pg_config_bad", "configuration file", rf"FATAL:.*configuration file \"(?P<path>{PATH})\" contains errors"),
    ("pg_data_denied", "data directory", rf"data directory \"(?P<path>{PATH})\" has (?:wrong ownership|invalid permissions)"),
    ("pg_data_not_empty", "exists but is not empty", rf"directory \"(?P<path>{PATH})\" exists but is not empty"),
    ("pg_data_missing", "does not exist", rf"data directory \"(?P<path>{PATH})\" does not exist|is not a database cluster directory"),
    ("pg_data_bad", "checkpoint record", r"could not locate (?:a valid|required) checkpoint record"),
    ("pg_data_bad", "invalid page", r"invalid page in block \d+ of relation (?P<path>[\w/]+)"),
    ("pg_data_bad", "control file", r"(?:invalid|incorrect) checksum in control file"),
    ("pg_memory", "could not map anonymous shared memory", r"could not map anonymous shared memory: Cannot allocate memory"),
    # -- nginx
    ("nginx_refused", "while connecting to upstream", rf"connect\(\) failed \((?P<value>\d+: [^)]+)\) while connecting to upstream.*{UPSTREAM}"),
    # A socket's file that it may not use is another thing.
    ("nginx_refused", "connect() to unix:", rf"connect\(\) to unix:\S{{1,120}} failed \((?P<value>(?!13:)\d+: [^)]+)\) while connecting to upstream.*{UPSTREAM}"),
    ("nginx_refused", "no live upstreams", rf"no live upstreams while connecting to upstream.*{UPSTREAM}"),
    ("nginx_slow", "upstream timed out", rf"upstream timed out \(110: [^)]+\) while (?P<value>connecting to|reading response header from|reading|sending request to|SSL handshaking to) upstream.*{UPSTREAM}"),
    ("nginx_closed", "prematurely closed", rf"upstream prematurely closed connection while reading (?:response header from )?upstream.*{UPSTREAM}"),
    ("nginx_closed", "reset by peer) while", rf"(?:recv|readv|send|writev)\(\) failed \(104: [^)]+\) while (?:reading|sending) (?:request to |response header from )?upstream.*{UPSTREAM}"),
    ("nginx_unresolved", "host not found in upstream", rf"host not found in upstream \"(?P<host>{HOST})(?::(?P<port>{PORT}))?\"(?: in (?P<path>{PATH}))?"),
    ("nginx_unresolved", "could not be resolved", rf"(?P<host>{HOST}) could not be resolved"),
    ("nginx_workers", "worker_connections", r"(?:(?P<value>\d+) )?worker_connections are not enough"),
    ("nginx_config_bad", "[emerg]", rf"{EMERG}(?P<setting>.{{1,200}}?),? in (?P<path>{PATH}):(?P<value>\d+)\s*$"),
    ("nginx_config_bad", "[emerg]", rf"{EMERG}(?P<setting>zero size shared memory zone \S+|no \S+ section in configuration|unknown \S+ variable)\s*$"),
    ("nginx_certificate", "cannot load certificate", rf"cannot load certificate(?: key)? \"(?P<path>{PATH})\""),
    ("haproxy_config_bad", "parsing [", rf"parsing \[(?P<path>{PATH}):(?P<value>\d+)\] ?:? ?(?P<setting>.{{1,100}})"),
    ("haproxy_config_bad", "[alert]", rf"\[ALERT\].{{0,20}} config : \[(?P<path>{PATH}):(?P<value>\d+)\] ?: ?(?!.*could not resolve address)(?P<setting>.{{1,100}})"),
    # Other programs, of their configuration file.
    ("config_bad", "syntax error on line", rf"Syntax error on line (?P<value>\d+) of (?P<path>{PATH})"),
    ("config_bad", "bad configuration option", rf"(?P<path>{PATH}): line (?P<value>\d+): Bad configuration option: (?P<setting>\S+)"),
    ("config_bad", "bad option at line", rf"bad option at line (?P<value>\d+) of (?P<path>{PATH})"),
    ("config_bad", "error found at", rf"Error found at (?P<path>{PATH}):(?P<value>\d+)"),
    ("config_bad", "unknown ", r"\[ERROR\].{0,80}?: unknown (?:variable|option) '(?P<setting>[\w-]+)"),
    ("config_bad", "pars", rf"(?:error|failed|fail|cannot|can't|could not|unable to)\b.{{0,80}}?\bpars\w*.{{0,60}}?(?P<path>{PATH}\.(?:ya?ml|toml|json|ini|hcl|cfg|conf|properties|xml))\b"),
    ("config_bad", "config", rf"(?:error|failed|invalid|cannot|can't|could not|unable to)\b.{{0,60}}?\b(?:load\w*|read\w*|pars\w*|unmarshal\w*|decod\w*|in) (?:the )?config(?:uration)?\b.{{0,40}}?(?P<path>{PATH}\.(?:ya?ml|toml|json|ini|hcl|cfg|conf|properties|xml))\b"),
    ("config_bad", "parser failed", rf"source: (?P<path>{PATH}) line: (?P<value>\d+) .*parser failed"),
    ("nginx_body_too_large", "too large body", r"client intended to send too large body: (?P<value>\d+) bytes"),
    ("nginx_body_too_large", "too large chunked body", r"client intended to send too large chunked body: (?P<value>\d+)"),
    ("nginx_header_too_big", "too big header", rf"upstream sent too big header while reading response header from upstream.*{UPSTREAM}"),
    # -- other servers
    ("mysql_denied", "access denied for user", r"Access denied for user '(?P<user>[^']*)'@'(?P<address>[^']*)'"),
    ("mysql_too_many", "too many connections", r"(?:1040|08004|MySQL|mysql|MariaDB|OperationalError).*Too many connections|Too many connections.*(?:1040|08004|mysql)|Aborted connection.*Too many connections"),
    ("mysql_password_missing", "password option is not specified", r"Database is uninitialized and password option is not specified"),
    ("mysql_database_missing", "unknown database", r"Unknown database '(?P<value>[^']+)'"),
    ("mysql_lock_wait", "lock wait timeout", r"Lock wait timeout exceeded"),
    ("mongo_denied", "authentication failed", r"(?:MongoServerError|AuthenticationFailed|pymongo|\"?code\"?: ?18\b|SCRAM).*Authentication failed|Authentication failed\..*(?:code.{0,6}18|AuthenticationFailed)"),
    ("rabbitmq_memory", "memory resource limit alarm set", r"memory resource limit alarm set on node"),
    ("rabbitmq_disk", "disk", r"disk resource limit alarm set on node|free disk space is insufficient"),
    ("rabbitmq_denied", "access_refused", r"ACCESS_REFUSED"),
    ("rabbitmq_denied", "invalid credentials", r"user '(?P<user>[^']*)' - invalid credentials"),
    ("memcached_full", "storing object", r"SERVER_ERROR out of memory storing object"),
    ("search_map_count", "vm.max_map_count", r"vm\.max_map_count \[(?P<value>\d+)\] is too low, increase to at least \[(?P<expected>\d+)\]"),
    ("search_disk", "disk watermark", r"(?:flood stage|high) disk watermark \[[^\]]+\] exceeded"),
    ("php_children", "max_children", r"server reached (?:pm\.)?max_children setting \((?P<value>\d+)\)"),
    ("apache_workers", "maxrequestworkers", r"server reached MaxRequestWorkers setting"),
    # -- runtimes
    ("gunicorn_timeout", "worker timeout", r"WORKER TIMEOUT \(pid:\s?\d+\)"),
    ("uwsgi_queue", "listen queue", r"listen queue of socket .* full"),
    ("heap_full_node", "heap", r"reached heap limit|javascript heap out of memory|allocation failed - javascript heap"),
    ("heap_full_java", "outofmemoryerror", r"java\.lang\.OutOfMemoryError: (?P<value>Java heap space|GC overhead limit exceeded|Metaspace|Requested array size exceeds VM limit|Compressed class space)"),
    ("heap_full_php", "allowed memory size", r"Allowed memory size of (?P<value>\d+) bytes exhausted"),
    ("library_missing", "cannot open shared object", r"\b(?P<value>[\w.+-]+\.so(?:\.[\d.]*\d)?): cannot open shared object file"),
    ("library_missing", "error loading shared library", r"error loading shared library (?P<value>[\w.+-]+)"),
    ("python_module", "no module named", r"(?:ModuleNotFoundError|ImportError): No module named ['\"]?(?P<value>[\w.]+)"),
    ("python_module", "distributionnotfound", r"DistributionNotFound: The '(?P<value>[\w.-]+)"),
    ("python_module", "packagenotfounderror", r"PackageNotFoundError: (?:No package metadata was found for )?(?P<value>[\w.-]+)"),
    ("python_module", "no module named", r"(?:python[\d.]*|pypy\d?): No module named ['\"]?(?P<value>[\w.]+)"),
    ("python_name", "cannot import name", r"ImportError: cannot import name ['\"](?P<value>\w+)['\"]"),
    # node has a SyntaxError too, with words of its own.
    ("python_syntax", "error", r"^(?P<value>SyntaxError|IndentationError|TabError): (?!(?-i:Unexpected |The requested module|Expected |Invalid or |Cannot use |Identifier |Illegal |Missing |Bad |No number |Unterminated |missing \)|await is )|.*\bJSON\b)"),
    ("node_import", "does not provide an export", r"The requested module '(?P<path>[^']+)' does not provide an export named '(?P<value>[\w$]+)'"),
    ("node_syntax", "syntaxerror", r"^(?P<value>SyntaxError): (?-i:Cannot use import statement outside a module|(?:Unexpected|Invalid or unexpected) (?:token|identifier|end of input)|missing \))(?!.*\bJSON\b)"),
    ("python_module", "could not import module", r"Could not import module \"(?P<value>[\w.]+)\""),
    ("python_name", "not found in module", r"Attribute \"(?P<value>\w+)\" not found in module"),
    # Files of settings that do not parse. JSON from its first place on may be an answer of somebody else.
    ("config_bad", "improperlyconfigured", r"\bImproperlyConfigured: (?P<setting>.{1,100}?)\.?\s*$"),
    ("config_bad", "tomldecodeerror", r"TOMLDecodeError: (?P<setting>.{1,100})"),
    ("config_bad", "yaml", r"yaml\.(?:scanner\.Scanner|parser\.Parser|composer\.Composer|constructor\.Constructor)Error: (?P<setting>.{1,100})"),
    ("config_bad", "yaml: ", r"\byaml: (?:unmarshal errors|line (?P<value>\d+)): ?(?P<setting>.{0,100})"),
    ("config_bad", "yamlexception", r"YAMLException: (?P<setting>.{1,100})"),
    ("config_bad", "configparser.", r"configparser\.(?P<setting>(?:MissingSectionHeader|Parsing|DuplicateOption|DuplicateSection)Error)"),
    ("config_bad", "json", r"^SyntaxError: (?P<setting>(?!.*position 0\b)(?!Unexpected end).{1,60} in JSON at position \d+)"),
    ("config_bad", "jsondecodeerror", r"JSONDecodeError: (?P<setting>(?!.*\(char 0\)).{1,100})"),
    ("node_module", "cannot find", r"(?:Error: |\[?ERR_MODULE_NOT_FOUND\]?:? )?cannot find (?:module|package) ['\"](?P<value>[^'\"]+)['\"]"),
    ("java_class", "class", r"could not find or load main class (?P<value>[\w.$]+)|java\.lang\.(?:ClassNotFoundException|NoClassDefFoundError): (?P<value_2>[\w.$/]+)"),
    ("java_jar", "unable to access jarfile", r"unable to access jarfile (?P<path>\S+)"),
)
# fmt: on
