"""More of what particular programs say: their other versions, and the clients of other languages. As `servicesignals.py`,
and after it; data only.
"""

from __future__ import annotations

from ergon_ops.logtemplates.signaltable import HOST, PATH, PORT

# fmt: off
# ruff: noqa: E501
SERVER_PATTERNS: tuple[tuple[str, str, str], ...] = (
    # -- redis
    ("redis_noauth", "authentication required", r"\bAuthenticationError\W{1,3}Authentication required"),
    ("redis_wrongpass", "invalid password", r"\bAuthenticationError\W{1,3}invalid (?:username-)?password"),
    ("redis_busy", "slow script detected", r"\bslow script detected: still in execution after \d"),
    ("redis_busy", "busy redis is", r"\bBUSY Redis is\b"),
    ("redis_aof_bad", "aof manifest file error", r"FATAL AOF MANIFEST FILE ERROR"),
    ("redis_aof_bad", "aof", r"\bAOF loading aborted\b"),
    ("redis_rdb_bad", "fatal error loading the db", r"fatal error loading the DB, check server logs"),
    ("redis_save_failed", "write error while saving db", r"write error while saving DB (?:to the disk|on disk)(?:\([^)]*\))?: (?P<value>[A-Za-z -]+)"),
    ("redis_acl", "nopermissionerror", r"\bNoPermissionError\b"),
    ("redis_wrongpass", "but no password is set", r"client sent AUTH, but no password is set"),
    ("redis_wrongpass", "for 'auth' command", r"wrong number of arguments for 'auth' command"),
    ("redis_config_bad", "bad directive or wrong number", r"^bad directive or wrong number of arguments"),
    ("redis_save_failed", "moving temp db", rf"error moving temp DB file \S{{1,120}} on the final destination (?P<path>[^\s,:]+)(?: \(in server root dir (?P<mount>{PATH})\))?: (?P<value>[A-Za-z -]+)"),
    # -- PostgreSQL
    ("pg_auth_failed", "client password must be a string", r"SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"),
    ("pg_auth_failed", "but no password", r"requested \S{1,40} authentication, but no password was provided"),
    ("pg_auth_failed", "pg_hba.conf rejects", r"pg_hba\.conf rejects (?:replication )?connection for host \"(?P<address>[^\"]+)\", user \"(?P<user>[^\"]+)\""),
    ("pg_auth_failed", "sasl authentication failed", r"FATAL:\s+SASL authentication failed"),
    ("pg_table_missing", "in the current database", r"the table `(?P<value>public\.[\w.]{1,120})` does not exist in the current database"),
    ("pg_denied", "must be owner of", r"ERROR:\s+must be owner of (?:table|relation|schema|sequence|view|function|database|materialized view) (?P<value>[\w.]+)"),
    ("pg_auth_failed", "no password has been provided", r"no password has been provided but the backend requires one"),
    ("pg_database_missing", "does not exist on the database server", r"database `(?P<value>[\w-]{1,63})` does not exist on the database server at `[^`]{1,80}:543\d`"),
    ("mysql_database_missing", "does not exist on the database server", r"database `(?P<value>[\w-]{1,64})` does not exist on the database server at `[^`]{1,80}:330\d`"),
    ("pg_config_bad", "outside the valid range", r"(?:FATAL|LOG|postgres):.{0,20}?\b(?P<value>-?[\d.]+)(?: \w{1,5})? is outside the valid range for parameter \"(?P<setting>[^\"]+)\""),
    ("pg_data_denied", "initdb: ", rf"initdb: (?:error: )?could not (?:access|create|read|open|change permissions of) directory \"(?P<path>{PATH})\": (?:Permission denied|Operation not permitted)"),
    ("pg_data_denied", "data directory", rf"FATAL:\s+could not (?:read|access|open) (?:permissions of )?(?:the )?data directory \"(?P<path>{PATH})\": Permission denied"),
    ("pg_data_missing", "not a valid data directory", rf"\"(?P<path>{PATH})\" is not a valid data directory"),
    ("pg_data_denied", "group or world access", rf"data directory \"(?P<path>{PATH})\" has group or world access"),
    ("pg_data_missing", "not a database cluster", rf"directory \"(?P<path>{PATH})\" is not a database cluster directory"),
    ("pg_data_bad", "control file", r"(?:PANIC|FATAL):\s+could not (?:read|open) (?:from )?(?:the )?control file"),
    ("pg_data_bad", "could not read block", r"could not read block \d+ in file \"(?P<path>[\w/.]+)\": read only"),
    ("pg_data_bad", "checkpoint record", r"invalid (?:primary )?checkpoint record"),
    ("pg_data_bad", "missing chunk number", r"missing chunk number \d+ for toast value"),
    ("pg_config_bad", "syntax error in file", rf"(?:LOG|FATAL|ERROR|postgres):.{{0,20}}?syntax error in file \"(?P<path>{PATH})\" line (?P<value>\d+)"),
    ("pg_config_bad", "could not load", r"FATAL:\s+could not load (?P<path>\S{0,120}pg_hba\.conf)"),
    ("pg_data_missing", "find the database system", r"could not find the database system"),
    ("pg_version_mismatch", "incompatible with server", r"database files are incompatible with server"),
    # -- MySQL, MariaDB
    ("mysql_denied", "not allowed to connect to this m", r"Host '(?P<address>[^']{1,80})' is not allowed to connect to this (?:MySQL|MariaDB) server"),
    ("mysql_too_many", "] too many connections", r"\[Server\] Too many connections"),
    ("mysql_too_many", "rejected establishment", r"rejected establishment of connection.{0,60}?Too many connections"),
    ("mysql_too_many", "er_con_count", r"\bER_CON_COUNT_ERROR\b"),
    ("mysql_database_missing", "er_bad_db", r"\bER_BAD_DB_ERROR\b.{0,40}?Unknown database '(?P<value>[^']+)'"),
    # -- MongoDB: its own log, and the drivers of node, Python, Java, .NET, Go, PHP, Ruby
    ("mongo_denied", "requires authentication", r"\bcommand \w{1,40} requires authentication\b"),
    ("mongo_denied", "failed to authenticate", r"\"c\": ?\"ACCESS\".{0,120}?\"Failed to authenticate\""),
    ("mongo_denied", "authentication failed", r"\"c\": ?\"ACCESS\".{0,120}?\"Authentication failed\""),
    ("mongo_denied", "authentication failed", r"\bSCRAM-SHA-\d+ authentication failed for \S|\bMongo\w{0,20}(?:Error|Exception)\b.{0,60}?Authentication failed|MongoDB\\\S{1,80}Exception: Authentication failed"),
    ("mongo_denied", "exception authenticating", r"exception authenticating MongoCredential"),
    ("mongo_denied", "unable to authenticate using", r"unable to authenticate using (?:sasl protocol )?mechanism \"?(?:SCRAM|MONGODB)"),
    ("mongo_denied", "mongo::auth::unauthorized", r"\bMongo::Auth::Unauthorized\b"),
    ("mongo_denied", "to execute command", r"\bnot authorized on \S{1,64} to execute command\b"),
    # -- others
    ("rabbitmq_denied", "refused for user", r"access to (?:queue|exchange|topic|vhost) '[^']{0,100}'(?: in vhost '[^']{0,100}')? refused for user '(?P<user>[^']*)'"),
    ("rabbitmq_denied", "via localhost", r"user '(?P<user>[^']{1,64})' (?:- user can only log in|can only connect) via localhost"),
    ("rabbitmq_memory", "high_watermark set", r"vm_memory_high_watermark set\. Memory used"),
    ("rabbitmq_denied", "username or password not allowed", r"username or password not allowed"),
    ("rabbitmq_precondition", "inequivalent arg", r"precondition_failed\W{1,4}inequivalent arg '(?P<setting>[\w-]+)' for (?:queue|exchange) '(?P<value>[^']+)'"),
    ("memcached_full", "out of memory storing object", r"\bout of memory storing object\b"),
    ("memcached_full", "dalli::", r"\bDalli::\S{1,40}.{0,40}?\b130: Out of memory"),
    ("config_bad", "fatal errors found in config", r"\[ALERT\].{0,40}?fatal errors found in configuration"),
    ("php_file", "failed opening required", r"failed opening required '(?P<path>[^'\s]+\.(?:php|inc|phtml))'"),
    ("php_file", "failed to open stream", r"\brequire(?:_once)?\((?P<path>[^)\s]+)\): failed to open stream: no such file"),
    # What nginx calls a certificate, or a key, by the function of the library that does not read it.
    ("nginx_certificate", "[emerg]", rf"\[emerg\].{{0,20}}?\b(?:BIO_new_file|PEM_read_bio\w*|SSL_CTX_(?:use|load)_\w+)\(\"(?P<path>{PATH})\"\) failed \((?!.*key values mismatch)"),
    ("php_file", "could not open input file", r"^could not open input file: (?P<path>\S+)"),
)
# Of redis by its name and port, before what names nobody.
SERVER_NAMED_PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("redis_noauth", "noauth", rf"\b(?P<host>{HOST}):(?P<port>{PORT})/(?:Interactive|Subscription)\b.{{0,80}}?NOAUTH"),
    ("redis_wrongpass", "wrongpass", rf"\b(?P<host>{HOST}):(?P<port>{PORT})/(?:Interactive|Subscription)\b.{{0,80}}?WRONGPASS"),
    ("rabbitmq_denied", "refused for user", r"ACCESS_REFUSED.{0,200}?refused for user '(?P<user>[^']*)'"),
)
# fmt: on
