"""Lines of real programs about names, connections and servers: who was called, where they say it, and what is none."""

from __future__ import annotations

import pytest

from ergon_ops.logtemplates.signals import told

# ruff: noqa: E501
# fmt: off
LINES = [
    ("[2019-10-06 01:36:40] local.ERROR: php_network_getaddresses: getaddrinfo failed: Name or service not known [tcp://redis:6379] {\"exception\":\"[object] (Predis\\\\Connection\\\\ConnectionException(code: 0): php_network_getaddresses: getaddrinfo failed: Name or service not known [tcp://redis:6379]", "dns_failed", {"host": "redis", "port": "6379"}),
    ("Postgrex.Protocol (#PID<0.1486.0>) failed to connect: ** (DBConnection.ConnectionError) tcp connect: non-existing domain - :nxdomain", "dns_failed", {}),
    ("Mar 23 11:21:31 mx postfix/smtp[143]: BB48359B: to=<bob@mail.example.org>, relay=none, delay=0.14, delays=0.03/0.01/0.1/0, dsn=4.4.3, status=deferred (Host or domain name not found. Name service error for name=mail.example.org type=MX: Host not found, try again)", "dns_failed", {"host": "mail.example.org"}),
    ("W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'", "dns_failed", {"host": "deb.debian.org"}),
    ("  * unable to connect to epmd (port 4369) on rabbit2: nxdomain (non-existing domain)", "dns_failed", {"port": "4369", "host": "rabbit2"}),
    ("2020-06-15T09:52:10Z E! [outputs.influxdb] When writing to [http://grafana.s.com:8086]: Post http://grafana.s.com:8086/write?db=infra-sft: dial tcp: lookup grafana.s.com on 172.16.0.198:53: read udp 192.168.1.181:58494->172.16.0.198:53: i/o timeout", "dns_failed", {"host": "grafana.s.com"}),
    ("[2024-05-12T08:30:01.123Z] \"GET / HTTP/1.1\" 503 UF upstream_reset_before_response_started{remote_connection_failure,delayed_connect_error:_111} 0 145 1 - \"-\" \"curl/8.4.0\" \"1b2c\" \"localhost:10000\" \"172.18.0.3:8080\"", "refused", {"host": "172.18.0.3", "port": "8080"}),
    ("2020-10-15 14:12:38.893 WARN 1 [| kafdrop-admin] o.a.k.c.NetworkClient : [AdminClient clientId=kafdrop-admin] Connection to node -1 (/192.168.37.31:9092) could not be established. Broker may not be available.", "refused", {"host": "192.168.37.31", "port": "9092"}),
    ("Unexpected error running Liquibase: liquibase.exception.DatabaseException: org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.", "refused", {"host": "db", "port": "5432"}),
    ("  [cause]: Error: read ECONNRESET", "reset", {}),
    ("Post \"http://10.229.181.68:8086/query\": read tcp 172.18.0.4:60732->10.229.181.68:8086: read: connection reset by peer", "reset", {"host": "10.229.181.68", "port": "8086"}),
    ("curl: (35) OpenSSL SSL_connect: Connection reset by peer in connection to registry.local:443", "reset", {"host": "registry.local", "port": "443"}),
    ("%3|1715500000.123|FAIL|rdkafka#consumer-1| [thrd:kafka:9092/1]: kafka:9092/1: Receive failed: Connection reset by peer (after 600123ms in state UP)", "reset", {"host": "kafka", "port": "9092"}),
    ("SocketError: other side closed", "cut_off", {}),
    ("httpx.RemoteProtocolError: Server disconnected without sending a response.", "cut_off", {}),
    ("production.ERROR: SQLSTATE[HY000]: General error: 2006 MySQL server has gone away (SQL: insert into `jobs` (`queue`, `attempts`) values (default, 0))", "cut_off", {}),
    ("java.io.IOException: unexpected end of stream on http://api:8080/...", "cut_off", {}),
    ("Npgsql.NpgsqlException (0x80004005): Exception while reading from stream ---> System.IO.EndOfStreamException: Attempted to read past the end of the stream.", "cut_off", {}),
    ("Error: error sending request for url (http://api:8080/): connection closed before message completed", "cut_off", {}),
    ("** (DBConnection.ConnectionError) tcp recv: closed (the connection was closed by the pool, possibly due to a timeout or because the pool has been terminated)", "cut_off", {}),
    ("ConnectTimeoutError: Connect Timeout Error (attempted address: api.example.com:443, timeout: 10000ms)", "timed_out", {"host": "api.example.com", "port": "443"}),
    ("MongooseError: Operation `users.findOne()` buffering timed out after 10000ms", "timed_out", {}),
    ("2020-01-03T04:17:25Z E! [outputs.influxdb] when writing to [http://192.168.1.64:8086]: Post http://192.168.1.64:8086/write?db=powerwall&rp=raw: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)", "timed_out", {"host": "192.168.1.64", "port": "8086"}),
    ("io.netty.channel.ConnectTimeoutException: connection timed out after 10000 ms: /10.0.0.7:6379", "timed_out", {"host": "10.0.0.7", "port": "6379"}),
    ("org.apache.kafka.common.errors.TimeoutException: Topic orders not present in metadata after 60000 ms.", "timed_out", {}),
    ("Microsoft.Data.SqlClient.SqlException (0x80131904): Connection Timeout Expired.  The timeout period elapsed while attempting to consume the pre-login handshake acknowledgement.", "timed_out", {}),
    ("Net::OpenTimeout: Failed to open TCP connection to api:443 (execution expired)", "timed_out", {"host": "api", "port": "443"}),
    ("[Tue Mar 05 10:11:12.345678 2024] [proxy_http:error] [pid 31:tid 140210] (70007)The timeout specified has expired: [client 172.18.0.1:50112] AH01102: error reading status line from remote server app:8080", "timed_out", {"host": "app", "port": "8080"}),
    ("StackExchange.Redis.RedisTimeoutException: Timeout performing GET session:1 (5000ms), next: GET session:1, inst: 0, qu: 0, qs: 3, aw: False, bw: SpinningDown, rs: ReadAsync, ws: Idle, in: 0, serverEndpoint: redis:6379, mc: 1/1/0, mgr: 10 of 10 available", "timed_out", {"host": "redis", "port": "6379"}),
    ("dial tcp 10.0.0.9:5432: connect: no route to host", "unreachable", {"host": "10.0.0.9", "port": "5432"}),
    ("psycopg2.OperationalError: connection to server at \"db\" (10.0.0.9), port 5432 failed: No route to host", "unreachable", {"host": "db", "port": "5432"}),
    ("Errno::EHOSTUNREACH: No route to host - connect(2) for \"10.0.0.9\" port 5432", "unreachable", {"host": "10.0.0.9", "port": "5432"}),
    ("PrismaClientInitializationError: Can't reach database server at `db:5432`", "unreachable", {"host": "db", "port": "5432"}),
    ("ssh: connect to host 10.0.0.9 port 22: No route to host", "unreachable", {"host": "10.0.0.9", "port": "22"}),
    ("2021-01-14 12:32:42: (gw_backend.c.245) establishing connection failed: Connection refused socket: tcp:127.0.0.1:8183", "refused", {"host": "127.0.0.1", "port": "8183"}),
    ("2024-05-12 08:30:01,123 [myid:localhost:2181] - WARN  [main-SendThread(localhost:2181):ClientCnxn$SendThread@1300] - Session 0x0 for server localhost/127.0.0.1:2181, Closing socket connection. Attempting reconnect except it is a SessionExpiredException. java.net.ConnectException: Connection refused", "refused", {"host": "localhost", "port": "2181"}),
    ("RabbitMQ.Client.Exceptions.BrokerUnreachableException: None of the specified endpoints were reachable ---> System.AggregateException: One or more errors occurred. (Connection failed, host 172.18.0.2:5672)", "refused", {"host": "172.18.0.2", "port": "5672"}),
    ("[sarama] 2024/05/12 08:30:01 Failed to connect to broker broker:9092: dial tcp 172.18.0.6:9092: connect: connection refused", "refused", {"host": "broker", "port": "9092"}),
    ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'db.local'. (_ssl.c:1007)", "tls_name", {"host": "db.local"}),
    ("javax.net.ssl.SSLPeerUnverifiedException: Certificate for <api.local> doesn't match any of the subject alternative names: [web.local]", "tls_name", {"host": "api.local"}),
    ("psql: error: connection to server at \"db.local\" (10.0.0.5), port 5432 failed: server certificate for \"postgres\" does not match host name \"db.local\"", "tls_name", {"host": "db.local", "port": "5432"}),
    ("x509: certificate relies on legacy Common Name field, use SANs instead", "tls_name", {}),
    ("OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 peeraddr=172.18.0.3:443 state=error: certificate verify failed (self-signed certificate)", "tls_untrusted", {"host": "172.18.0.3", "port": "443"}),
    ("cURL error 60: SSL certificate problem: self-signed certificate in certificate chain (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for https://gitlab.local/api/v4/projects", "tls_untrusted", {"host": "gitlab.local"}),
    ("May 12 08:30:01 mx postfix/smtp[77]: certificate verification failed for relay.local[10.0.0.5]:587: self-signed certificate", "tls_untrusted", {"host": "relay.local", "port": "587"}),
    ("pq: SSL is not enabled on the server", "tls_plain", {}),
    ("io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record: 485454502f312e3120343030", "tls_plain", {}),
    ("AxiosError: Request failed with status code 401", "http_denied", {"value": "401"}),
    ("System.Net.Http.HttpRequestException: Response status code does not indicate success: 403 (Forbidden).", "http_denied", {"value": "403"}),
    ("Completed 500 Internal Server Error in 25ms (ActiveRecord: 2.9ms)", "http_error", {"value": "500"}),
    ("[GIN] 2024/05/12 - 08:30:01 | 500 |     1.23456ms |      172.18.0.1 | GET      \"/items\"", "http_error", {"value": "500"}),
    ("org.springframework.web.client.HttpServerErrorException$InternalServerError: 500 Internal Server Error: \"{\"error\":\"boom\"}\"", "http_failed", {"value": "500"}),
    ("org.springframework.web.client.HttpClientErrorException$TooManyRequests: 429 Too Many Requests: [no body]", "http_limited", {"value": "429"}),
    ("urllib.error.HTTPError: HTTP Error 429: Too Many Requests", "http_limited", {"value": "429"}),
    ("*** FATAL AOF MANIFEST FILE ERROR ***", "redis_aof_bad", {}),
    ("1:M 12 May 2024 08:30:06.123 # Slow script detected: still in execution after 5000 milliseconds. You can try killing the script using the SCRIPT KILL command. Script name is: 7a2054836e94e19da22c13f160bd987fbc9ef146.", "redis_busy", {}),
    ("Bad directive or wrong number of arguments", "redis_config_bad", {}),
    ("08:10:59.6630: Response from 172.31.28.74:6380/Interactive / ECHO: Error: NOAUTH Authentication required.", "redis_noauth", {"host": "172.31.28.74", "port": "6380"}),
    ("[2024-05-12 08:11:23,512: CRITICAL/MainProcess] Unrecoverable error: AuthenticationError('Authentication required.')", "redis_noauth", {}),
    ("20:C 12 May 2024 08:30:01.123 # Error moving temp DB file temp-20.rdb on the final destination dump.rdb (in server root dir /data): Permission denied", "redis_save_failed", {"path": "dump.rdb", "mount": "/data", "value": "Permission denied"}),
    ("FATAL:  0 is outside the valid range for parameter \"max_connections\" (1 .. 262143)", "pg_config_bad", {"value": "0", "setting": "max_connections"}),
    ("initdb: error: could not access directory \"/bitnami/postgresql/data\": Permission denied", "pg_data_denied", {"path": "/bitnami/postgresql/data"}),
    ("FATAL:  \"/var/lib/postgresql/data\" is not a valid data directory", "pg_data_missing", {"path": "/var/lib/postgresql/data"}),
    ("Error: P1003: Database `app` does not exist on the database server at `db:5432`.", "pg_database_missing", {"value": "app"}),
    ("2024-05-12 08:30:01.123 UTC [1] FATAL:  database files are incompatible with server", "pg_version_mismatch", {}),
    ("Host '172.18.0.5' is not allowed to connect to this MySQL server", "mysql_denied", {"address": "172.18.0.5"}),
    ("2024-05-12T08:30:01.123456Z 0 [Warning] [MY-010055] [Server] Too many connections", "mysql_too_many", {}),
    ("MongoServerError: Command find requires authentication", "mongo_denied", {}),
    ("{\"t\":{\"$date\":\"2024-08-13T22:07:05.356+00:00\"},\"s\":\"I\",  \"c\":\"ACCESS\",   \"id\":5286307, \"ctx\":\"conn282\",\"msg\":\"Failed to authenticate\",\"attr\":{\"client\":\"172.19.0.11:48008\",\"isSpeculative\":true,\"isClusterMember\":false,\"mechanism\":\"SCRAM-SHA-256\",\"user\":\"unifi\",\"db\":\"admin\",\"error\":\"UserNotFound: Could not find user \\\"unifi\\\" for db \\\"admin\\\"\",\"result\":11}}", "mongo_denied", {}),
    ("com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-256, userName='app', source='admin', password=<hidden>, mechanismProperties=<hidden>}", "mongo_denied", {}),
    ("MongoDB.Driver.MongoAuthenticationException: Unable to authenticate using sasl protocol mechanism SCRAM-SHA-256.", "mongo_denied", {}),
    ("reply-code=403, reply-text=ACCESS_REFUSED - access to queue 'orders' in vhost '/' refused for user 'app', class-id=50, method-id=10", "rabbitmq_denied", {"user": "app"}),
    ("operation queue.declare caused a channel exception precondition_failed: inequivalent arg 'x-message-ttl' for queue 'orders' in vhost '/': received none but current is the value '10000' of type 'long'", "rabbitmq_precondition", {"setting": "x-message-ttl", "value": "orders"}),
    ("pymemcache.exceptions.MemcacheServerError: b'out of memory storing object'", "memcached_full", {}),
    ("2024/05/12 08:30:01 [error] 8#8: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 172.18.0.1, server: 0.0.0.0:5000, upstream: \"127.0.0.1:3000\", bytes from/to client:0/0, bytes from/to upstream:0/0", "nginx_refused", {"value": "111: Connection refused", "host": "127.0.0.1", "port": "3000"}),
    ("2024/05/12 08:30:01 [error] 29#29: *1 recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 172.18.0.1, server: localhost, request: \"POST /u HTTP/1.1\", upstream: \"http://172.18.0.3:8000/u\", host: \"localhost\"", "nginx_closed", {"host": "172.18.0.3", "port": "8000"}),
    ("2024/05/12 08:30:01 [error] 29#29: *1 client intended to send too large chunked body: 1048576+32768 bytes, client: 172.18.0.1, server: localhost, request: \"POST /upload HTTP/1.1\", host: \"localhost\"", "nginx_body_too_large", {"value": "1048576"}),
    ("PHP Fatal error:  require(): Failed opening required 'vendor/autoload.php' (include_path='.:/usr/share/php') in /app/index.php on line 2", "php_file", {"path": "vendor/autoload.php"}),
    ("Could not open input file: app.php", "php_file", {"path": "app.php"}),
    ("nc: connect to db (172.18.0.2) port 5432 (tcp) failed: Connection refused", "refused", {"host": "db", "address": "172.18.0.2", "port": "5432"}),
    ("io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused: redis/172.18.0.2:6379", "refused", {"host": "redis", "port": "6379"}),
    ("(111)Connection refused: AH00957: HTTP: attempt to connect to 172.18.0.3:8080 (app) failed", "refused", {"port": "8080", "host": "app"}),
    ("May 12 08:30:01 mx postfix/smtp[77]: connect to relay.local[10.0.0.5]:587: Connection timed out", "timed_out", {"host": "relay.local", "port": "587"}),
    ("{:error, {:failed_connect, [{:to_address, {'ledger', 8080}}, {:inet, [:inet], :econnrefused}]}}", "refused", {"host": "ledger", "port": "8080"}),
    ("%Mint.TransportError{reason: :nxdomain}", "dns_failed", {}),
    ("[AH00898] DNS lookup failure for: ledger returned by /api", "dns_failed", {"host": "ledger"}),
    ("Error: 14 UNAVAILABLE: Name resolution failed for target dns:ledger:50051", "dns_failed", {"host": "ledger", "port": "50051"}),
    ("Backend host '\"ledger\"' could not be resolved to an IP address:", "dns_failed", {"host": "ledger"}),
    ("Could not connect to Redis at ledger:6379: Try again", "dns_failed", {"host": "ledger", "port": "6379"}),
    ("[net] getaddrinfo(host='es', err=4): Domain name not found", "dns_failed", {"host": "es"}),
    ("[error] [net] connection #55 timeout after 10 seconds to: es:9200", "timed_out", {"host": "es", "port": "9200"}),
    ("io.lettuce.core.RedisConnectionException: Unable to connect to redis/<unresolved>:6379", "unreachable", {"host": "redis", "port": "6379"}),
    ("Redis::CannotConnectError: Error connecting to Redis on redis:6379 (Errno::ETIMEDOUT)", "timed_out", {"host": "redis", "port": "6379"}),
    ("cURL error 28: Connection timed out after 10001 milliseconds (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for http://api:8080/items", "timed_out", {"host": "api", "port": "8080"}),
    ("PrismaClientKnownRequestError: Timed out fetching a new connection from the connection pool. More info: http://pris.ly/d/connection-pool (timeout: 10)", "timed_out", {}),
    ("{\"level\":\"error\",\"caller\":\"app/main.go:42\",\"error\":\"connection refused\"}", "refused", {}),
    ("tls: failed to verify certificate: x509: cannot validate certificate for 172.18.0.3 because it doesn't contain any IP SANs", "tls_name", {"host": "172.18.0.3"}),
    ("hostname \"api\" does not match the server certificate (OpenSSL::SSL::SSLError)", "tls_name", {"host": "api"}),
    ("javax.net.ssl.SSLHandshakeException: No name matching api.local found", "tls_name", {"host": "api.local"}),
    ("fatal: unable to access 'http://gitea:3000/x.git/': The requested URL returned error: 403", "http_denied", {"host": "gitea", "port": "3000", "value": "403"}),
    ("logger=tsdb error=\"failed to execute query: Post http://influx:8086/query: EOF\"", "cut_off", {}),
    ("PostgreSQL server at \"db:5432\" rejected SSL upgrade", "tls_plain", {"host": "db", "port": "5432"}),
    ("ERROR 3159 (HY000): Connections using insecure transport are prohibited while --require_secure_transport=ON.", "tls_wanted", {}),
    ("1:M # Error accepting a client connection: error:1408F10B:SSL routines:ssl3_get_record:wrong version number", "tls_got_plain", {}),
    ("java.sql.SQLNonTransientConnectionException: Data source rejected establishment of connection,  message from server: \"Too many connections\"", "mysql_too_many", {}),
    ("Error: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string", "pg_auth_failed", {}),
    ("[ALERT]    (1) : config : Fatal errors found in configuration.", "config_bad", {}),
]
HARMLESS = [
    "Registered handler for ECONNREFUSED",
    "config: connection_timeout=30s retry_on=\"connection refused\"",
    "retry policy: on connection-failure, reset, refused-stream",
    "HTTP client configured: base=http://api:8080 timeout=30s retries=3",
    "INFO [AdminClient clientId=x] Node -1 disconnected.",
    "closed connection 42 from 10.0.0.5:4411 after idle timeout",
    "HikariPool-1 - configuration: connectionTimeout................30000",
    "dig ledger: status: NXDOMAIN",
    "[INFO] 10.0.0.5:33412 - 1 \"A IN ledger.local. udp 30 false 512\" NXDOMAIN qr,aa,rd 105 0.0001s",
    "status=bounced (Host or domain name not found. Name service error for name=typo.example type=MX: Host not found)",
    "Login failed: Authentication failed for bob@example.com",
    "not authorized on this route: returning 403",
    "172.18.0.1 - - [12/May/2024:08:30:01 +0000] \"GET /search?q=ETIMEDOUT HTTP/1.1\" 200 615 \"https://www.google.com/?q=ECONNREFUSED\" \"reset by peer\"",
    "INFO: 172.18.0.1:50144 - \"GET /errors/connection-refused HTTP/1.1\" 200 OK",
    "Completed 200 OK in 500ms (Views: 500.0ms)",
    "[GIN] 2024/05/12 - 08:30:01 | 200 |     500.0ms |      172.18.0.1 | GET      \"/500\"",
    "NOTICE:  relation \"users\" does not exist, skipping",
    "NOTICE:  database \"app\" does not exist, skipping",
    "LOG:  unexpected EOF on client connection with an open transaction",
    "LOG:  could not receive data from client: Connection reset by peer",
    "29#29: *1 recv() failed (104: Connection reset by peer) while waiting for request, client: 172.18.0.1, server: 0.0.0.0:80",
    "Session 0x1 for server zk/172.18.0.3:2181, session establishment complete",
    "[Warning] Aborted connection 5 to db: 'app' user: 'app' host: '172.18.0.5' (Got an error reading communication packets)",
    "server supports SSL, TLSv1.3",
    "retry on status 502,503,504",
    "caller=main.go:42 msg=\"connected\"",
    "Registered retry policy for java.net.ConnectException, java.net.SocketTimeoutException (maxAttempts=3)",
]
# fmt: on


@pytest.mark.parametrize(("line", "kind", "values"), LINES, ids=lambda item: item if isinstance(item, str) else "")
def test_a_line_gives_its_signal_with_whom_it_names(line: str, kind: str, values: dict[str, str]) -> None:
    assert dict(told(line)).get(kind) == values


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_sounds_like_a_failed_call_gives_nothing(line: str) -> None:
    assert dict(told(line)) == {}


def test_what_a_client_was_answered_names_the_server_from_the_line_before() -> None:
    """The line that says the status names nobody; .NET said whom it asks before."""
    last = "System.Net.Http.HttpRequestException: Response status code does not indicate success: 403 (Forbidden)."
    assert dict(told(last))["http_denied"] == {"value": "403"}
    lines = ["Start processing HTTP request GET http://ledger:8080/items", last]
    assert dict(told(last, lines[:-1]))["http_denied"] == {"host": "ledger", "port": "8080", "value": "403"}
