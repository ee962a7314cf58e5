"""Lines of real programs, and what they are taken to mean."""

from __future__ import annotations

import pytest

from ergon_ops.engine.protocols import LogLine
from ergon_ops.logtemplates.signals import key_of, parse, readings, told
from ergon_ops.refs import Ref

# ruff: noqa: E501
LINES = [
    ('column "channel" of relation "invoices" does not exist', "pg_column_missing", {"value": "channel"}),
    ("/srv/start.sh: 2: rclone: not found", "command_missing", {"value": "rclone"}),
    ("zsh: command not found: rclone", "command_missing", {"value": "rclone"}),
    ("queue not polled: TimeoutError: Timeout reading from socket", "timed_out", {}),
    (
        "Errno::EHOSTUNREACH: Failed to open TCP connection to ledger:6102 (No route to host - connect(2) for 10.9.0.7:6102)",
        "unreachable",
        {"host": "ledger", "port": "6102"},
    ),
    ("KeyError: 'DATABASE_URL'", "env_missing", {"env_key": "DATABASE_URL"}),
    ("/entry.sh: line 3: QUEUE_NAME: unbound variable", "env_missing", {"env_key": "QUEUE_NAME"}),
    ("sh: API_TOKEN: parameter not set", "env_missing", {"env_key": "API_TOKEN"}),
    ("Error: environment variable SMTP_HOST is not set", "env_missing", {"env_key": "SMTP_HOST"}),
    ("Missing required env var: STRIPE_KEY", "env_missing", {"env_key": "STRIPE_KEY"}),
    ("sh: gunicornx: not found", "command_missing", {"value": "gunicornx"}),
    ("bash: line 1: celeryd: command not found", "command_missing", {"value": "celeryd"}),
    ('could not translate host name "orders-db" to address: Name or service not known', "dns_failed", {"host": "orders-db"}),
    ("Error: getaddrinfo ENOTFOUND cache", "dns_failed", {"host": "cache"}),
    ("wget: bad address 'billing:8080'", "dns_failed", {"host": "billing", "port": "8080"}),
    ("curl: (6) Could not resolve host: billing", "dns_failed", {"host": "billing"}),
    (
        '2026/11/29 20:00:00 [emerg] 1#1: host not found in upstream "app:8000" in /etc/nginx/nginx.conf:12',
        "dns_failed",
        {"host": "app", "port": "8000"},
    ),
    (
        'connection to server at "db" (172.20.0.2), port 5432 failed: Connection refused',
        "refused",
        {"host": "db", "port": "5432", "address": "172.20.0.2"},
    ),
    (
        "redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.",
        "refused",
        {"host": "cache", "port": "6379"},
    ),
    ("Error: connect ECONNREFUSED 172.18.0.3:3000", "refused", {"host": "172.18.0.3", "port": "3000"}),
    ("dial tcp 10.0.0.7:5432: connect: connection refused", "refused", {"host": "10.0.0.7", "port": "5432"}),
    (
        '[error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 172.20.0.1,'
        ' server: , request: "GET / HTTP/1.1", upstream: "http://172.20.0.4:8000/", host: "x"',
        "refused",
        {"host": "172.20.0.4", "port": "8000"},
    ),
    ("ConnectionRefusedError: [Errno 111] Connection refused", "refused", {}),
    ("ConnectionError: Error while reading from cache-1:6379 : (104, 'Connection reset by peer')", "reset", {"host": "cache-1", "port": "6379"}),
    ("read tcp 10.0.0.2:8080->10.0.0.7:51324: read: connection reset by peer", "reset", {}),
    ("redis.exceptions.ConnectionError: Connection closed by server.", "cut_off", {}),
    ("not written: You can't write against a read only replica.", "redis_readonly", {}),
    ("not written: command not allowed when used memory > 'maxmemory'.", "redis_oom", {}),
    ("OSError: [Errno 28] No space left on device: '/data/x.bin'", "no_space", {"path": "/data/x.bin"}),
    ("PermissionError: [Errno 13] Permission denied: '/var/lib/app/db'", "permission_denied", {"path": "/var/lib/app/db"}),
    ("2026-11-30 17:54:11: (configfile.c.1722) opening errorlog '/var/log/l/e.log' failed: Permission denied", "permission_denied", {"path": "/var/log/l/e.log"}),
    ("ERROR: Can't open /var/log/snort/alert for writing: Permission denied", "permission_denied", {"path": "/var/log/snort/alert"}),
    ("page not read: MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "redis_master_down", {}),
    ("1:S 30 Nov 2026 17:54:49.123 # MASTER aborted replication with an error: NOAUTH Authentication required.", "redis_sync_failed", {"value": "NOAUTH"}),
    ("1:S 30 Nov 2026 18:07:41.045 # Unable to connect to MASTER: Success", "redis_sync_failed", {}),
    ("1:S 30 Nov 2026 18:07:40.045 # Error condition on socket for SYNC: Connection refused", "redis_sync_failed", {"value": "Connection refused"}),
    ("2026/11/30 12:00:00 http: TLS handshake error from 127.0.0.1:41046: client sent an HTTP request to an HTTPS server", "tls_got_plain", {}),
    ("[ssl:error] [pid 9] AH01996: SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page", "tls_got_plain", {}),
    ("ssl.SSLError: [SSL: HTTP_REQUEST] http request (_ssl.c:1007)", "tls_got_plain", {}),
    ("2026/11/30 12:00:00 [info] 7#7: *1 client sent plain HTTP request to HTTPS port while reading client request headers", "tls_got_plain", {}),
    ("RangeError [ERR_SOCKET_BAD_PORT]: options.port should be >= 0 and < 65536. Received type number (93071).", "port_invalid", {"port": "93071"}),
    ("RangeError [ERR_SOCKET_BAD_PORT]: Port should be >= 0 and < 65536. Received 80801.", "port_invalid", {"port": "80801"}),
    ("OverflowError: bind(): port must be 0-65535.", "port_invalid", {}),
    ("2026/11/30 10:00:00 listen tcp: address 99999: invalid port", "port_invalid", {"port": "99999"}),
    ("java.lang.IllegalArgumentException: port out of range:99999", "port_invalid", {"port": "99999"}),
    ("Caused by: java.lang.IllegalArgumentException: Port value out of range: 80800", "port_invalid", {"port": "80800"}),
    ('nginx: [emerg] invalid port in "99999" of the "listen" directive in /etc/nginx/nginx.conf:9', "port_invalid", {"port": "99999"}),
    ('FATAL:  99999 is outside the valid range for parameter "port" (1 .. 65535)', "port_invalid", {"port": "99999"}),
    ("Error: '80800' is not a valid port number.", "port_invalid", {"port": "80800"}),
    ('invalid port number: "543210"', "port_invalid", {"port": "543210"}),
    ("fopen(/srv/run/app.pid) failed: Permission denied", "permission_denied", {"path": "/srv/run/app.pid"}),
    ("could not read '/etc/app/app.ini' because: No such file or directory", "file_missing", {"path": "/etc/app/app.ini"}),
    ("mkdir: can't create directory '/data/x': Read-only file system", "readonly", {"path": "/data/x"}),
    ("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)", "bind_denied", {"port": "80"}),
    ("RuntimeError: can't start new thread", "no_processes", {}),
    ("sh: can't fork: Resource temporarily unavailable", "no_processes", {}),
    ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "heap_full", {}),
    ("ModuleNotFoundError: No module named 'flask'", "module_missing", {"value": "flask"}),
    ("worker 12 exited with code 137", "child_killed", {}),
    ("[notice] 1#1: worker process 34 exited on signal 9", "child_killed", {}),
    ("child exited with exit code -9", "child_killed", {}),
    ("Killed", "child_killed", {}),
    ("exec /x.sh: exec format error", "exec_format", {"path": "/x.sh"}),
    ("exec /x.sh: no such file or directory", "exec_missing", {"path": "/x.sh"}),
    ("bash: /x.sh: /bin/sh^M: bad interpreter: No such file or directory", "exec_missing", {"path": "/x.sh", "value": "/bin/sh"}),
    ("IsADirectoryError: [Errno 21] Is a directory: '/etc/app.conf'", "is_directory", {"path": "/etc/app.conf"}),
    ('nginx: [crit] pread() "/etc/nginx/nginx.conf" failed (21: Is a directory)', "is_directory", {"path": "/etc/nginx/nginx.conf"}),
    ("cat: read error: Is a directory", "is_directory", {}),
    ("python3: can't open file '/app/main.py': [Errno 2] No such file or directory", "file_missing", {"path": "/app/main.py"}),
    ('nginx: [emerg] open() "/etc/nginx/nginx.conf" failed (2: No such file or directory)', "file_missing", {"path": "/etc/nginx/nginx.conf"}),
    ("app.rb:3:in `fetch': key not found: \"LEDGER_DSN\" (KeyError)", "env_missing", {"env_key": "LEDGER_DSN"}),
    ("Could not resolve placeholder 'LEDGER_URL' in value \"${LEDGER_URL}\"", "env_missing", {"env_key": "LEDGER_URL"}),
    ("2026/02/01 10:00:00 required key APP_BUCKET missing value", "env_missing", {"env_key": "APP_BUCKET"}),
    ("[config] ROUTE_URL must not be empty", "env_missing", {"env_key": "ROUTE_URL"}),
    ("❌ Invalid environment variables: { ROUTE_URL: [ 'Required' ] }", "env_missing", {"env_key": "ROUTE_URL"}),
    ("could not fetch environment variable \"SECRET_KEY_BASE\" because it is not set", "env_missing", {"env_key": "SECRET_KEY_BASE"}),
    # libraries that read the environment, as they really say it
    ("env-var: \"LEDGER_URL\" is a required variable, but it was not set", "env_missing", {"env_key": "LEDGER_URL"}),
    ("decouple.UndefinedValueError: LEDGER_URL not found. Declare it as envvar or define a default value.", "env_missing", {"env_key": "LEDGER_URL"}),
    ("  LEDGER_URL: [ 'Invalid input: expected string, received undefined' ]", "env_missing", {"env_key": "LEDGER_URL"}),
    ("EnvNotFoundException: Environment variable not found: \"LEDGER_URL\".", "env_missing", {"env_key": "LEDGER_URL"}),
    ("2026/11/30 07:00:00 LedgerURL: missing required value: LEDGER_URL", "env_missing", {"env_key": "LEDGER_URL"}),
    ("SRCFG00011: Could not expand value LEDGER_URL in property ledger.url", "env_missing", {"env_key": "LEDGER_URL"}),
    ("ConfigurationException: Could not resolve placeholder ${LEDGER_URL}", "env_missing", {"env_key": "LEDGER_URL"}),
    ("System.ArgumentNullException: Value cannot be null. (Parameter 'LEDGER_URL')", "env_missing", {"env_key": "LEDGER_URL"}),
    ("FATAL: LEDGER_URL environment variable not set", "env_missing", {"env_key": "LEDGER_URL"}),
    ("ERROR: You need to specify LEDGER_URL", "env_missing", {"env_key": "LEDGER_URL"}),
    ("fatal: no LEDGER_URL in environment", "env_missing", {"env_key": "LEDGER_URL"}),
    ("missing value for field ledger_url", "env_missing", {"env_key": "LEDGER_URL"}),
    ('config: parsing POOL_LIMIT: strconv.Atoi: parsing "four": invalid syntax', "env_invalid", {"env_key": "POOL_LIMIT"}),
    ("POOL_LIMIT is not a number", "env_invalid", {"env_key": "POOL_LIMIT"}),
    ("/usr/bin/env: 'python3\\r': No such file or directory", "exec_crlf", {"value": "python3"}),
    ("psql: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file", "library_missing", {"value": "libpq.so.5"}),
    ("ImportError: libGL.so.1: cannot open shared object file: No such file or directory", "library_missing", {"value": "libGL.so.1"}),
    # a time of day is not a host and its port
    ("[2026-11-30T04:24:39.836Z] production.ERROR: SQLSTATE[HY000] [2002] Connection refused", "refused", {}),
    ('{"t": "04:25:52", "lvl": "E", "m": "flush to 10.96.77.194:9189 failed", "cause": "[Errno 111] Connection refused"}', "refused", {"host": "10.96.77.194", "port": "9189"}),
    ("[04:25] connection refused", "refused", {}),
    # haproxy, of its checks and of requests
    ('[WARNING]  (1) : Server b/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.', "refused", {"value": "b/s1"}),
    ("Server b/s1 was DOWN and now enters maintenance (DNS NX status).", "dns_failed", {"value": "b/s1"}),
    ("Server shop/api1 is DOWN, reason: Layer4 timeout, check duration: 1001ms.", "timed_out", {"value": "shop/api1"}),
    ('10.0.0.1:51022 [30/Nov/2026:04:11:05.226] f b/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"', "refused", {"value": "b/<NOSRV>"}),
    ('10.0.0.1:51022 [30/Nov/2026:04:11:05.226] f b/s1 0/0/-1/-1/3003 503 217 - - SC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"', "refused", {"value": "b/s1"}),
    (r'{"level": "error", "message": "db: FATAL:  database \"ledger\" does not exist"}', "pg_database_missing", {"value": "ledger"}),
    (r'{"exception": "Traceback (most recent call last):\n  File \"a.py\"\n    n = int(os.environ[\"POOL_LIMIT\"])\nValueError: invalid literal"}', "env_invalid", {"env_key": "POOL_LIMIT"}),
    # TLS that comes to nothing, by library
    ("<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)>", "tls_expired", {}),
    ("ERROR GET https://elm-ibis:8443/: certificate has expired", "tls_expired", {"host": "elm-ibis", "port": "8443"}),
    ('Get "https://elm:8443/": x509: certificate has expired or is not yet valid: current time 2026-11-30T07:00:00Z is before 2027-02-01T00:00:00Z', "tls_not_yet", {"host": "elm", "port": "8443"}),
    ('Get "https://elm:8443/": tls: failed to verify certificate: x509: certificate signed by unknown authority', "tls_untrusted", {"host": "elm", "port": "8443"}),
    ("SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target", "tls_untrusted", {}),
    ("HTTPSConnectionPool(host='elm', port=8443): SSLError: Hostname mismatch, certificate is not valid for 'elm'. (_ssl.c:1006)", "tls_name", {"host": "elm", "port": "8443"}),
    ("main.go:12: remote error: tls: first record does not look like a TLS handshake", "tls_plain", {}),
    ('Get "https://elm:8000/": http: server gave HTTP response to HTTPS client', "tls_plain", {"host": "elm", "port": "8000"}),
    # settings and sources that do not parse, by the words of their language
    ("tomllib.TOMLDecodeError: Invalid value (at line 1, column 8)", "config_bad", {"setting": "Invalid value (at line 1, column 8)"}),
    ("SyntaxError: Unexpected token } in JSON at position 15", "config_bad", {"setting": "Unexpected token } in JSON at position 15"}),
    ("SyntaxError: invalid syntax", "python_syntax", {"value": "SyntaxError"}),
    ("SyntaxError: The requested module './b.mjs' does not provide an export named 'elm'", "node_import", {"path": "./b.mjs", "value": "elm"}),
    ("SyntaxError: Cannot use import statement outside a module", "node_syntax", {"value": "SyntaxError"}),
    ('ERROR:    Error loading ASGI app. Could not import module "main".', "python_module", {"value": "main"}),
    ('psycopg2.errors.UndefinedTable: relation "orders" does not exist', "pg_table_missing", {"value": "orders"}),
    # modules, locks, watches
    ("a.rb:2:in `require': cannot load such file -- pg (LoadError)", "ruby_gem", {"value": "pg"}),
    ("Can't locate DBI.pm in @INC (you may need to install the DBI module)", "perl_module", {"value": "DBI.pm"}),
    ("PHP Fatal error: Uncaught Error: Failed opening required '/app/vendor/autoload.php'", "php_file", {"path": "/app/vendor/autoload.php"}),
    ("System.IO.FileNotFoundException: Could not load file or assembly 'Npgsql, Version=8.0.0.0'", "dotnet_assembly", {"value": "Npgsql"}),
    ("sqlite3.OperationalError: database is locked", "sqlite_locked", {}),
    ("Error: ENOSPC: System limit for number of file watchers reached, watch '/app'", "inotify_full", {}),
    ("The configured user limit (128) on the number of inotify instances has been reached", "inotify_full", {}),
    ('called `Result::unwrap()` on an `Err` value: EnvVar { name: "ELM_TOKEN", source: NotPresent }', "env_missing", {"env_key": "ELM_TOKEN"}),
    # answers that are errors, by language
    ('HttpClientErrorException$Unauthorized: 401 Unauthorized on GET request for "http://elm:8080/v1"', "http_denied", {"host": "elm", "port": "8080", "value": "401"}),
    ("Faraday::ResourceNotFound: the server responded with status 404 for GET http://elm:8080/v1/a", "http_missing", {"host": "elm", "port": "8080", "page": "/v1/a", "value": "404"}),
    ("ERROR: Client error: `POST http://elm:8080/mail` resulted in a `429 Too Many Requests` response", "http_limited", {"host": "elm", "port": "8080", "value": "429"}),
    ("fetch failed: unexpected status 503 Service Unavailable from http://elm:8080/ready", "http_failed", {"host": "elm", "port": "8080", "value": "503"}),
    ("level=error url=http://elm:8080/v1 status=403 msg=rejected", "http_denied", {"host": "elm", "port": "8080", "value": "403"}),
    # files, by language
    ("java.nio.file.AccessDeniedException: /data/write.lock", "permission_denied", {"path": "/data/write.lock"}),
    ("Access to the path '/data/a.db' is denied.", "permission_denied", {"path": "/data/a.db"}),
    ("Permission denied @ rb_sysopen - /data/a.log (Errno::EACCES)", "permission_denied", {"path": "/data/a.log"}),
    ("fopen(/data/a.log): Failed to open stream: Permission denied", "permission_denied", {"path": "/data/a.log"}),
    ("java.io.FileNotFoundException: /etc/app.yml (No such file or directory)", "file_missing", {"path": "/etc/app.yml"}),
    ("java.nio.file.NoSuchFileException: /etc/app.yml", "file_missing", {"path": "/etc/app.yml"}),
    ("No such file or directory @ rb_sysopen - /etc/app.yml (Errno::ENOENT)", "file_missing", {"path": "/etc/app.yml"}),
    ("Read-only file system @ dir_s_mkdir - /data/tmp (Errno::EROFS)", "readonly", {"path": "/data/tmp"}),
    ("Failed to connect to Redis (elm:6379): non-existing domain", "dns_failed", {"host": "elm", "port": "6379"}),
    ("Error loading shared library libssl.so.3: No such file or directory (needed by /app)", "library_missing", {"value": "libssl.so.3"}),
    ("Error relocating /app/agent: __vsnprintf_chk: symbol not found", "libc_version", {"value": "__vsnprintf_chk"}),
    ("pkg_resources.DistributionNotFound: The 'requests>=2.28' distribution was not found", "python_module", {"value": "requests"}),
    ("consumer: Cannot connect to redis://ledger:6379/0: Authentication required..", "redis_noauth", {"host": "ledger", "port": "6379"}),
    ('{"msg":"not counted","host":"cache-1","err":"-NOAUTH Authentication required."}', "redis_noauth", {"host": "cache-1"}),
    ("NOAUTH Authentication required.", "redis_noauth", {}),
    ("AuthenticationError: Authentication required. [redis://cache:6379]", "redis_noauth", {"host": "cache", "port": "6379"}),
    ('level=error addr=cache:6379 err="WRONGPASS invalid username-password pair"', "redis_wrongpass", {"host": "cache", "port": "6379"}),
    ("redis://cache/0: You can't write against a read only replica.", "redis_readonly", {"host": "cache"}),
    ("INFO  index: segment 9 of 240 loaded", "progress", {}),
    ("[3/7] unpacking", "progress", {}),
    ("restored 12.5 %", "progress", {}),
    ("failed to assume identity of user memcache", "not_permitted", {"user": "memcache"}),
    ("[ALERT] (1) : [haproxy.main()] Cannot set uid 99.", "not_permitted", {"user": "99"}),
    # the words of other languages and loggers
    ("read tcp 10.0.0.3:41522->10.0.0.7:5432: i/o timeout", "timed_out", {"host": "10.0.0.7", "port": "5432"}),
    ("Nov 30 04:27:03 agent[1]: <err> connect to [ledger]:3727 failed: errno=111", "refused", {"host": "ledger", "port": "3727"}),
    ('{"level":50,"err":{"code":"ECONNREFUSED","address":"10.0.0.7","port":8080},"msg":"call failed"}', "refused", {"host": "10.0.0.7", "port": "8080"}),
    ('level=error msg="cache get" host=store port=6380 err="connection refused"', "refused", {"host": "store", "port": "6380"}),
    ('{"event": "timed out", "endpoint": "billing:8443"}', "timed_out", {"host": "billing", "port": "8443"}),
    ('kind: Request, source: TimedOut }', "timed_out", {}),
    ("cannot resolve 'ledger': Temporary failure in name resolution", "dns_failed", {"host": "ledger"}),
    ("dial tcp: lookup ledger on 127.0.0.11:53: no such host", "dns_failed", {"host": "ledger"}),
    ("dial tcp: lookup ledger: Temporary failure in name resolution", "dns_failed", {"host": "ledger"}),
    ("WARN Couldn't resolve server ledger:9092 from bootstrap.servers as DNS resolution failed for ledger", "dns_failed", {"host": "ledger", "port": "9092"}),
    ("[ALERT]    (1) : config : [/h.cfg:10] : 'server b/s1' : could not resolve address 'ledger'.", "dns_failed", {"host": "ledger"}),
    ("System.Net.Http.HttpRequestException: Name or service not known (ledger:8080)", "dns_failed", {"host": "ledger", "port": "8080"}),
    ("ERROR api.example.com: [Errno -3] Temporary failure in name resolution", "dns_failed", {"host": "api.example.com"}),
    ("java.net.UnknownHostException: ledger: Name or service not known", "dns_failed", {"host": "ledger"}),
    ("SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for ledger failed: Name does not resolve", "dns_failed", {"host": "ledger"}),
    ("(2003, \"Can't connect to MySQL server on 'ledger' ([Errno -2] Name or service not known)\")", "dns_failed", {"host": "ledger"}),
    ("ping: ledger: Name or service not known", "dns_failed", {"host": "ledger"}),
    ('{"level": 50, "peer": {"host": "ledger", "port": 8080}, "err": {"message": "[Errno -2] Name or service not known"}}', "dns_failed", {"host": "ledger", "port": "8080"}),
    ("socket.gaierror: [Errno -2] Name or service not known", "dns_failed", {}),
    ("aiohttp ClientConnectorError: Cannot connect to host ledger:8080 ssl:default [Connect call failed ('10.0.0.4', 8080)]", "refused", {"host": "ledger", "port": "8080"}),
    ("java.net.ConnectException: Failed to connect to ledger/10.0.0.7:8080", "refused", {"host": "ledger", "port": "8080"}),
    ("WARN Connection to node -1 (ledger/10.0.0.7:9092) could not be established.", "refused", {"host": "ledger", "port": "9092"}),
    ("ERROR 2003 (HY000): Can't connect to MySQL server on 'ledger:3306' (111)", "refused", {"host": "ledger", "port": "3306"}),
    ("Redis::CannotConnectError: Error connecting to Redis on ledger:6379 (Errno::ECONNREFUSED)", "refused", {"host": "ledger", "port": "6379"}),
    ('{"log.level": "ERROR", "server.address": "ledger", "server.port": 8080, "error.message": "connection refused"}', "refused", {"host": "ledger", "port": "8080"}),
    ("Net::ReadTimeout with #<TCPSocket:(closed)> (ledger:8080)", "timed_out", {"host": "ledger", "port": "8080"}),
    ("AxiosError: timeout of 2000ms exceeded GET http://ledger:8080/", "timed_out", {"host": "ledger", "port": "8080"}),
    ("cURL error 28: Operation timed out after 2001 milliseconds with 0 bytes received (http://ledger:8080/)", "timed_out", {"host": "ledger", "port": "8080"}),
    ("[ALERT]    (1) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'bindd' in 'frontend' section", "haproxy_config_bad",
     {"path": "/etc/haproxy/haproxy.cfg", "value": "12", "setting": "unknown keyword 'bindd' in 'frontend' section"}),
    ("[ALERT]    (7) : config : [/etc/h.cfg:11] : 'server' expects <name> and <addr>[:<port>] as arguments.", "haproxy_config_bad",
     {"path": "/etc/h.cfg", "value": "11", "setting": "'server' expects <name> and <addr>[:<port>] as arguments."}),
    ("AH00526: Syntax error on line 9 of /etc/apache2/sites-enabled/a.conf:", "config_bad", {"value": "9", "path": "/etc/apache2/sites-enabled/a.conf"}),
    ("/etc/ssh/sshd_config: line 3: Bad configuration option: Prot", "config_bad", {"path": "/etc/ssh/sshd_config", "value": "3", "setting": "Prot"}),
    ('err="error parsing /etc/prometheus/prometheus.yml: yaml: line 3: found character"', "config_bad", {"path": "/etc/prometheus/prometheus.yml"}),
    ("2026-11-30  4:00:00 0 [ERROR] mariadbd: unknown variable 'max_conections=5'", "config_bad", {"setting": "max_conections"}),
]  # fmt: skip
HARMLESS = [
    "2026/11/30 12:00 GET /page/3/4 HTTP/1.1 from 10.0.0.0/8, build 1.2/3.4",
    "0 errors, 0 warnings",
    '10.0.0.7 - - [30/Nov/2026:11:17:05 +0000] "GET /errors HTTP/1.1" 404 153 "http://shop.example.com/" "curl/7.88"',
    '{"level":30,"req":{"url":"/v1/items"},"res":{"statusCode":404},"msg":"request completed"}',
    "GET http://elm:8080/v1 200 in 404 ms, 0 errors",
    "fetched http://elm:8080/errors/500 pages, failed 0",
    "sysctl net.core.somaxconn is 4096",
    "worker 12 exited with code 0",
    "/var/lib/app is a directory of profiles",
    "sent 9 messages",
    "killed 0 sessions",
    "retrying is not required",
    "GET /health 200 0.3 ms",
    "the key is set: DATABASE_URL",
    "finished with error count 0",
    "Server listening on 0.0.0.0:8000",
    "04:25:52 parsed /etc/app/config.yml",
    "BUILD_ID: 41, DEPLOY_ENV=live",
    "loaded configuration from /etc/app/app.toml",
    "pool opened host=db port=5432 timeout=5s",
    '{"level":"info","msg":"connecting","host":"db","port":5432,"connectTimeout":5000,"timeout":30}',
    "set keepalive timeout for peer host=cache to 30s",
    "read timeout is 30 s",
    "GET http://api:8000/health took 111 ms, code 111ms",
    "error: no such host header, defaulting",
    "missing translation HOME_TITLE",
    "certificate expires in 40 days",
    "watching 40 files by inotify",
    "400 bad request: invalid JSON: Expecting value",
    "the environment is STAGING_TWO",
]
TOGETHER = [
    (
        "python",
        ["Traceback (most recent call last):", '  File "/srv/a.py", line 3, in <module>',
         "    limit = int(os.environ['POOL_LIMIT'])", "            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
         "ValueError: invalid literal for int() with base 10: '30s'"],
        "env_invalid", "POOL_LIMIT",
    ),
    (
        "python, nothing",
        ['    limit = int(os.environ.get("POOL_LIMIT"))',
         "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'"],
        "env_missing", "POOL_LIMIT",
    ),
    (
        "pydantic",
        ["pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings", "ledger_url",
         "  Field required [type=missing, input_value={}, input_type=dict]",
         "    For further information visit https://errors.pydantic.dev/2.6/v/missing", "pool_limit",
         "  Field required [type=missing, input_value={}, input_type=dict]"],
        "env_missing", "POOL_LIMIT",
    ),
    (
        "zod",
        ["[", "  {", '    "code": "invalid_type",', '    "expected": "string",', '    "received": "undefined",',
         '    "path": [', '      "LEDGER_URL"', "    ],", '    "message": "Required"'],
        "env_missing", "LEDGER_URL",
    ),
    (
        "zod 4",
        ["ZodError: [", "  {", '    "expected": "string",', '    "code": "invalid_type",', '    "path": [',
         '      "LEDGER_URL"', "    ],", '    "message": "Invalid input: expected string, received undefined"'],
        "env_missing", "LEDGER_URL",
    ),
    (
        "zod 4, an object",
        ["    path: [ 'LEDGER_URL' ],", "    message: 'Invalid input: expected string, received undefined'"],
        "env_missing", "LEDGER_URL",
    ),
    (
        "zod 4, for people",
        ["✖ Invalid input: expected string, received undefined", "  → at LEDGER_URL"],
        "env_missing", "LEDGER_URL",
    ),
    (
        "znv",
        ["  [LEDGER_URL]:", "    Invalid input: expected string, received undefined"],
        "env_missing", "LEDGER_URL",
    ),
    (
        "envalid",
        ["================================", " Missing environment variables:", "    STOCK_KEY: undefined",
         "    LEDGER_URL: undefined"],
        "env_missing", "LEDGER_URL",
    ),
    (
        "dotenv-safe",
        ["The following variables were defined in .env.example but are not present in the environment:", "  LEDGER_URL"],
        "env_missing", "LEDGER_URL",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "kind", "key"), [item[1:] for item in TOGETHER], ids=[item[0] for item in TOGETHER])
def test_several_lines_say_it_together(lines: list[str], kind: str, key: str) -> None:
    assert dict(told(lines[-1], lines[:-1])).get(kind) == {"env_key": key}
    assert kind not in dict(told(lines[-1]))


def test_a_request_that_does_not_validate_is_no_missing_variable() -> None:
    lines = ["1 validation error for Order", "amount", "  Field required [type=missing, input_value={}]"]
    assert dict(told(lines[-1], lines[:-1])) == {}


def test_a_list_of_what_is_set_is_none_of_what_is_missing() -> None:
    lines = ["Environment:", "  STOCK_URL", "  LEDGER_URL"]
    assert dict(told(lines[-1], lines[:-1])) == {}


def test_a_program_that_fails_at_file_after_file_gives_one_signal_of_their_folder() -> None:
    said = [f"OSError: [Errno 28] No space left on device: '/data/part-{n}'" for n in range(90)]
    lines = [LogLine(float(at), "stderr", text) for at, text in enumerate(["connect ECONNREFUSED 10.0.0.7:1", *said])]
    found = {
        item.key: item.value
        for item in readings(Ref("api"), lines, at=99.0, source="x")
        if item.name == "log_signal_count"
    }
    assert found[key_of("no_space", {"path": "/data"})] == 90
    assert key_of("refused", {"host": "10.0.0.7", "port": "1"}) in found
    few = readings(Ref("api"), lines[:3], at=99.0, source="x")
    assert key_of("no_space", {"path": "/data"}) in {item.key for item in few}
    named = [LogLine(1.0, "stderr", "OSError: [Errno 28] No space left on device: '/data/index'")]
    alone = readings(Ref("api"), named, at=99.0, source="x")
    assert key_of("no_space", {"path": "/data/index"}) in {item.key for item in alone}


@pytest.mark.parametrize(("line", "kind", "values"), LINES, ids=lambda item: item if isinstance(item, str) else "")
def test_a_line_gives_its_signal_with_what_it_names(line: str, kind: str, values: dict[str, str]) -> None:
    assert dict(told(line)).get(kind) == values


@pytest.mark.parametrize("line", HARMLESS)
def test_a_harmless_line_gives_none(line: str) -> None:
    assert dict(told(line)) == {}


def test_equal_signals_are_counted_and_the_newest_line_is_kept() -> None:
    lines = [LogLine(float(at), "stderr", f"try {at}: connect ECONNREFUSED 10.0.0.7:5432") for at in (1, 2, 3)]
    rows = readings(Ref("api"), lines, at=9.0, source="api:logs")
    assert [row.value for row in rows if row.name == "log_last_line"] == ["try 3: connect ECONNREFUSED 10.0.0.7:5432"]
    found = {item.name: item for item in rows if item.name != "log_last_line"}
    key = key_of("refused", {"host": "10.0.0.7", "port": "5432"})
    assert {item.key for item in found.values()} == {key}
    assert found["log_signal"].value == "try 3: connect ECONNREFUSED 10.0.0.7:5432"
    assert (found["log_signal_count"].value, found["log_signal_at"].value) == (3, 3.0)


def test_a_key_can_be_taken_apart_again_whatever_was_captured() -> None:
    values = {"path": "/a b=c/%20 \n", "host": "dépôt"}
    assert parse(key_of("no_space", values)) == ("no_space", values)


def test_a_pattern_is_looked_for_in_lines_of_a_log_that_has_its_piece_somewhere() -> None:
    """What is left out because the log has it nowhere is what gives nothing line by line."""
    rows = [line for line, _, _ in LINES]
    lines = [LogLine(float(at), "stderr", text) for at, text in enumerate(rows)]
    whole = {item.key for item in readings(Ref("api"), lines[:40], at=99.0, source="x") if item.name == "log_signal"}
    alone = {key_of(kind, values) for text in rows[:40] for kind, values in told(text)}
    assert whole <= alone
    assert len(whole) == min(40, len(alone))
