"""No secret passes in any carrier: environment, command line, URL, log line, healthcheck output or label."""

from __future__ import annotations

import base64
import itertools
import random
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from ergon_ops.redaction import redact, redact_command, redact_json, redact_lines, redact_value, safe_text

MIXED = "aZ3kQ9xR7mB2vT5nW8cY1pL4sD6fG0hJ"


def run(length: int, letters: str = MIXED) -> str:
    """A text of that length that looks random, made here so that no scanner takes it for a real token."""
    return "".join(itertools.islice(itertools.cycle(letters), length))


HEX, LOWER, UPPER = run(128, "3fa97c10be52d864"), run(128, "k3x9a7q2"), run(128, "Q7ZK2XR9")
DIGITS = run(40, "4819273650")

# Known by their own shape: hidden wherever they stand, whatever they are called.
TYPED = {
    "aws key id": "AKIA" + UPPER[:16],
    "aws session key id": "ASIA" + UPPER[:16],
    "github personal": "ghp_" + run(36),
    "github server": "ghs_" + run(36),
    "github fine-grained": "github_pat_" + run(22) + "_" + run(59),
    "gitlab personal": "glpat-" + run(20),
    "gitlab runner": "glrt-" + run(20),
    "gitlab registration": "GR1348941" + run(20),
    "gitlab trigger": "glptt-" + HEX[:40],
    "slack bot": "xoxb-" + DIGITS[:12] + "-" + DIGITS[:12] + "-" + run(24),
    "slack user": "xoxp-" + DIGITS[:11] + "-" + DIGITS[:11] + "-" + LOWER[:32],
    "slack app": "xapp-1-" + UPPER[:11] + "-" + DIGITS[:13] + "-" + HEX[:40],
    "stripe live": "sk_live_" + run(24),
    "stripe restricted": "rk_live_" + run(24),
    "stripe test": "sk_test_" + run(24),
    "square": "sq0csp-" + run(43),
    "sendgrid": "SG." + run(22) + "." + run(43),
    "mailchimp": LOWER[:32] + "-us14",
    "mailgun": "key-" + HEX[:32],
    "twilio": "SK" + HEX[:32],
    "npm": "npm_" + run(36),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + run(80),
    "rubygems": "rubygems_" + HEX[:48],
    "docker hub": "dckr_pat_" + run(27),
    "jwt": "eyJhbGciOiJIUzI1NiJ9."
    + base64.urlsafe_b64encode(b'{"sub":"1234567890","n":"x"}').decode().rstrip("=")
    + "."
    + run(43),
    "openai": "sk-" + run(20) + "T3BlbkFJ" + run(20),
    "openai project": "sk-proj-" + run(60),
    "anthropic": "sk-ant-api03-" + run(93) + "AA",
    "huggingface": "hf_" + run(34),
    "groq": "gsk_" + run(52),
    "google api": "AIza" + run(35),
    "google oauth": "ya29." + run(60),
    "google secret": "GOCSPX-" + run(28),
    "vault": "hvs." + run(24),
    "terraform": run(14) + ".atlasv1." + run(67),
    "digitalocean": "dop_v1_" + HEX[:64],
    "shopify": "shpat_" + HEX[:32],
    "webhook secret": "whsec_" + run(32),
    "pulumi": "pul-" + HEX[:40],
    "atlassian": "ATATT3xFfGF0" + run(60),
    "linear": "lin_api_" + run(40),
    "notion": "ntn_" + run(46),
    "figma": "figd_" + run(40),
    "new relic": "NRAK-" + UPPER[:27],
    "grafana": "glsa_" + run(32) + "_" + HEX[:8],
    "sentry": "sntrys_" + run(60),
    "databricks": "dapi" + HEX[:32],
    "brevo": "xkeysib-" + HEX[:64] + "-" + run(16),
    "supabase": "sbp_" + HEX[:40],
    "planetscale": "pscale_tkn_" + run(43),
    "postman": "PMAK-" + HEX[:24] + "-" + HEX[:34],
    "doppler": "dp.pt." + run(43),
    "alibaba": "LTAI" + run(20),
    "age": "AGE-SECRET-KEY-1" + UPPER[:58],
    "tailscale": "tskey-auth-" + run(16) + "-" + run(32),
    "swarm": "SWMTKN-1-" + LOWER[:50] + "-" + LOWER[:25],
    "discord": "M" + run(24) + "." + run(6) + "." + run(30),
    "telegram": DIGITS[:9] + ":AA" + run(33),
    "artifactory": "AKC" + run(64),
    "bcrypt": "$2b$12$" + run(53),
    "sha512 crypt": "$6$rounds=5000$saltsalt$" + run(86),
}
# Known only by their key: what people really choose, and random bytes without a prefix.
PLAIN = {
    "simple": "hunter2",
    "letters only": "correcthorse",
    "digits only": "98127634",
    "very short": "pw1",
    "punctuation": "p@ss!w0rd#1",
    "brackets": "a(b)c[d]",
    "dollar": "Pa$$w0rd$",
    "slash": "ab/cd/ef9",
    "trailing equals": "c2VjcmV0cw==",
    "unicode": "pässwörd9",
    "starts with a dash of words": "this-is-my-treasure",
    "dots": "a.b.c.d.e",
    "hex": HEX[:40],
    "base64": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX" + run(8),
    "uuid": "9b2fb1ce-8d2f-4a5e-9c0a-6a1f0e7d3c21",
    "plus": "abc+def+1",
    "percent": "100%sure",
    "colon": "half:other",
}
ALL = TYPED | PLAIN

Carrier = Callable[[str], str]
ENVIRONMENT: dict[str, Carrier] = {
    "variable": lambda s: f"DB_PASSWORD={s}",
    "value of a variable": lambda s: "DB_PASSWORD=" + redact_value("DB_PASSWORD", s),
    "token variable": lambda s: f"API_TOKEN={s}",
    "quoted": lambda s: f'export SECRET_KEY="{s}"',
    "in a list": lambda s: str(["PATH=/bin", f"REDIS_AUTH={s}", "TZ=UTC"]),
}
COMMANDS: dict[str, Carrier] = {
    "flag and value": lambda s: f"app --password {s} --port 80",
    "flag with equals": lambda s: f"app --api-token={s} --port 80",
    "list form": lambda s: f'["app", "--requirepass", "{s}", "--port", "6379"]',
    "arguments": lambda s: redact_command(["app", "--db-pass", s, "serve"]),
    "java property": lambda s: f"java -Dspring.datasource.password={s} -jar app.jar",
    "prefix": lambda s: f"PGPASSWORD={s} psql -h db -U app",
}
URLS: dict[str, Carrier] = {
    "userinfo": lambda s: f"postgres://app:{quote(s, safe='')}@db:5432/orders?sslmode=require",
    "no user": lambda s: f"redis://:{quote(s, safe='')}@cache:6379/0",
    "query": lambda s: f"https://api.example.com/v1?user=bob&access_token={quote(s, safe='')}&page=2",
    "jdbc": lambda s: f"jdbc:mysql://db/shop?user=app&password={quote(s, safe='')}&ssl=true",
}
LOGS: dict[str, Carrier] = {
    "pair": lambda s: f"2026-11-22T02:30:00Z ERROR login failed user=bob password={s} from 10.0.0.7",
    "json": lambda s: f'{{"level":"info","msg":"start","db_password":"{s}","port":5432}}',
    "escaped json": lambda s: f'time=x msg="{{\\"client_secret\\":\\"{s}\\",\\"n\\":1}}"',
    "python": lambda s: f"INFO settings: {{'auth_token': '{s}', 'debug': False}}",
    "yaml": lambda s: f"api_key: {s}",
}
OUTPUTS: dict[str, Carrier] = {
    "curl header": lambda s: f"> X-Api-Key: {s}",
    "authorization": lambda s: f"> Authorization: Bearer {s}",
    "label": lambda s: "traefik.auth.password=" + redact_value("traefik.auth.password", s),
    "label text": lambda s: f"com.example.db.secret={s}",
    "set-cookie": lambda s: f"< Set-Cookie: session={quote(s, safe='')}; Path=/; HttpOnly",
}
CARRIERS = {"environment": ENVIRONMENT, "command": COMMANDS, "url": URLS, "log": LOGS, "output": OUTPUTS}


def leaks(secret: str, carried: str) -> bool:
    """Any eight letters of it are too many."""
    shown = re.sub(r"‹redacted:[a-z-]+›", "…", redact(carried))
    pieces = {secret, quote(secret, safe="")}
    return any(piece[i : i + 8] in shown for piece in pieces for i in range(max(len(piece) - 7, 1)))


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("name", ALL)
def test_no_secret_passes(name: str, carrier: str) -> None:
    secret = ALL[name]
    leaking = [how for how, carry in CARRIERS[carrier].items() if leaks(secret, carry(secret))]
    assert leaking == []


@pytest.mark.parametrize("name", TYPED)
def test_a_typed_token_is_hidden_whatever_it_is_called(name: str) -> None:
    token = TYPED[name]
    texts = [
        f"APP_SETTING={token}",
        f"worker --thing {token}",
        f"https://example.com/hook?x={token}",
        f"connected with {token}.",
        f'{{"value":"{token}"}}',
        f"first line\\n{token}",
    ]
    assert [text for text in texts if leaks(token, text)] == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("mysql -uroot -phunter2 -h db", "hunter2"),
        ("mysqldump --single-transaction -u root -p'hun ter2' shop", "hun ter2"),
        ("sshpass -p hunter2 ssh root@db", "hunter2"),
        ("redis-cli -h cache -a hunter2 ping", "hunter2"),
        ("docker login -u bob -p hunter2 registry.example.com", "hunter2"),
        ("curl -u bob:hunter2 https://example.com/", "hunter2"),
        ("curl --user bob:hunter2 https://example.com/", "hunter2"),
        ("mongosh -u root -p hunter2 admin", "hunter2"),
        ("ldapsearch -x -D cn=admin -w hunter2", "hunter2"),
        ("sqlcmd -S db -U sa -P hunter2 -Q 'select 1'", "hunter2"),
        ("htpasswd -b /etc/nginx/.htpasswd bob hunter2", "hunter2"),
        ("rabbitmqctl add_user bob hunter2", "hunter2"),
        ("openssl rsa -passin pass:hunter2 -in k.pem", "hunter2"),
        ("keytool -storepass hunter2 -list", "hunter2"),
        ("ALTER USER app WITH PASSWORD 'hunter2';", "hunter2"),
        ("CREATE USER app IDENTIFIED BY 'hunter2'", "hunter2"),
        ("ENV DB_PASSWORD hunter2", "hunter2"),
        ("requirepass hunter2", "hunter2"),
        ("+ AUTH hunter2", "hunter2"),
        ("machine api.example.com login bob password hunter2", "hunter2"),
        ("Server=db;User Id=sa;Password=hunter2;Database=shop", "hunter2"),
        ("host=db user=app password=hunter2 dbname=shop", "hunter2"),
        ("app:hunter2@tcp(db:3306)/shop", "hunter2"),
        ("jdbc:oracle:thin:scott/hunter2@//db:1521/x", "hunter2"),
        ("amqp://guest:hunter2@rabbit:5672//", "hunter2"),
        ("mongodb+srv://app:hun%40ter2@c0.example.net/shop", "hun%40ter2"),
        ("postgres://app:p@ss/hunter2@db/shop", "hunter2"),
        ("login with password hunter2 failed", "hunter2"),
        ("the password is hunter2!", "hunter2"),
        ("<property><password>hunter2</password></property>", "hunter2"),
        ("AccountName=shop;AccountKey=" + run(86) + "==;Suffix=x", run(86)),
        ('Authorization: Digest username="bob", nonce="n1", response="' + HEX[:32] + '"', HEX[:32]),
        ("Authorization: AWS4-HMAC-SHA256 Credential=x/y, Signature=" + HEX[:64], HEX[:64]),
        (
            "proxy-authorization: Basic " + base64.b64encode(b"bob:hunter2").decode(),
            base64.b64encode(b"bob:hunter2").decode(),
        ),
        ("got header Basic " + base64.b64encode(b"bob:hunter2").decode(), base64.b64encode(b"bob:hunter2").decode()),
        ("https://x?X-Amz-Signature=" + HEX[:64] + "&X-Amz-Date=20261122T000000Z", HEX[:64]),
        ("https://" + run(40) + "@github.com/acme/shop.git", run(40)),
        ("aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
        ("https://hooks.slack.com/services/T0AB/B0CD/" + run(24), run(24)),
        ("https://discord.com/api/webhooks/123456789012345678/" + run(68), run(68)),
        ("//registry.npmjs.org/:_authToken=" + HEX[:36], HEX[:36]),
        ("passphrase: correct horse battery staple", "battery staple"),
        ("Cookie: theme=dark; connect.sid=s%3Aabc.def", "s%3Aabc.def"),
        ("SENTRY_DSN=https://" + HEX[:32] + "@o1.ingest.sentry.io/2", HEX[:32]),
        ("MYSQL_DSN=app:" + "hunter2@tcp(db:3306)/shop", "hunter2"),
        ("dsn=postgres://app:" + "hunter2@db:5432/shop", "hunter2"),
        ("dsn: host=db:5432;Password=" + "hunter2", "hunter2"),
        ("LOG_DSN=https://logs.example.com:443/" + run(24), run(24)),
        ("passwords: [ 'invalid', 'hunter2' ]", "hunter2"),
        ("db:5432:shop:app:hunter2", "hunter2"),
        ("smbclient //nas/x -U bob%hunter2", "hunter2"),
        ('["CMD","redis-cli","-a","hunter2","ping"]', "hunter2"),
        ('CMD ["mysqladmin", "ping", "-uroot", "-phunter2"]', "hunter2"),
        ('["CMD-SHELL","mysqladmin ping -u root -phunter2"]', "hunter2"),
        ("openssl enc -aes-256-cbc -k hunter2", "hunter2"),
        ('<add key="DbPassword" value="hunter2"/>', "hunter2"),
        ("Password is: hunter2", "hunter2"),
        ("secret -> hunter2", "hunter2"),
        ("environment: {DB_PASSWORD: hunter2, TZ: UTC}", "hunter2"),
        ("--set auth.password=hunter2,auth.user=bob", "hunter2"),
        ("kubectl create secret generic db --from-literal=password=hunter2", "hunter2"),
        ("admin:{SHA}" + base64.b64encode(b"x" * 20).decode(), base64.b64encode(b"x" * 20).decode()),
    ],
)
def test_the_usual_places_are_known(text: str, secret: str) -> None:
    assert not leaks(secret, text), redact(text)


KEY_BLOCK = "\n".join(
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        *[run(64, MIXED[i:] + MIXED[:i] + "+/") for i in range(12)],
        "-----END RSA PRIVATE KEY-----",
    ]
)


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ", "DSA "])
def test_a_private_key_is_hidden_whole_however_it_is_written(kind: str) -> None:
    block = KEY_BLOCK.replace("RSA ", kind)
    for text in (block, block.replace("\n", "\\n"), block[:300], f"TLS_KEY={block}", f'{{"k":"{block}"}}'):
        assert not any(leaks(line, text) for line in block.splitlines()[1:-1])


def test_a_private_key_in_a_log_is_hidden_line_by_line() -> None:
    shown = list(redact_lines(["start", *KEY_BLOCK.splitlines(), "done"]))
    assert shown[0] == "start"
    assert shown[-1] == "done"
    assert not any(line in text for line in KEY_BLOCK.splitlines()[1:-1] for text in shown)


def test_json_is_redacted_by_key_at_any_depth() -> None:
    document = {
        "name": "db",
        "config": {"DB_PASSWORD": "hunter2", "pin": [{"password": 12345}], "env": ["API_KEY=hunter2", "TZ=UTC"]},
        "variables": [{"name": "SESSION_SECRET", "value": "hunter2"}, {"name": "TZ", "value": "UTC"}],
        "input_tokens": 812,
        "url": "redis://:hunter2@cache",
    }
    shown = redact_json(document)
    assert "hunter2" not in str(shown)
    assert "12345" not in str(shown)
    assert shown["input_tokens"] == 812
    assert shown["variables"][1] == {"name": "TZ", "value": "UTC"}
    assert list(shown) == list(document)


def test_a_secret_hidden_by_escape_sequences_is_found_before_it_is_shown() -> None:
    token = TYPED["github personal"]
    dressed = token[:10] + "\x1b[31m" + token[10:20] + "\u200b" + token[20:]
    assert not leaks(token, safe_text(f"using {dressed} now"))


def test_a_secret_at_the_cut_is_hidden_before_the_text_is_cut() -> None:
    token = TYPED["github personal"]
    shown = safe_text("x" * 90 + " " + token, limit=120)
    assert token[:12] not in shown


def test_the_key_stays_visible_beside_the_marker() -> None:
    assert redact("DB_PASSWORD=hunter2 TZ=UTC") == "DB_PASSWORD=‹redacted:password› TZ=UTC"
    assert redact("redis://app:hunter2@cache:6379/0") == "redis://app:‹redacted:password›@cache:6379/0"
    assert redact("Authorization: Bearer hunter2hunter2") == "Authorization: Bearer ‹redacted:credential›"


def test_redacting_twice_changes_nothing() -> None:
    texts = [carry(secret) for carriers in CARRIERS.values() for carry in carriers.values() for secret in ALL.values()]
    texts += [f"{one} {other}" for one, other in itertools.pairwise(texts)]
    once = [redact(text) for text in texts]
    assert [text for text in once if redact(text) != text] == []


PIECES = [
    *ALL.values(), "password", "token=", "API_KEY:", "--secret", "mysql", "-p", "cookie:", "AUTH", "://", "@", "Basic",
    '"', "'", "\\", "{", "}", "[", "]", ",", ";", "&", "=", ":", " ", "\n", "‹redacted:x›", "‹redacted:", "›", "Bearer",
    "\u202e", "\x1b[31m",
]  # fmt: skip


def test_redacting_anything_twice_changes_nothing() -> None:
    source = random.Random(4)
    for _ in range(3000):
        text = "".join(source.choice(PIECES) + source.choice(["", " ", "=", ": "]) for _ in range(source.randint(1, 8)))
        once = redact(text)
        assert redact(once) == once, text
