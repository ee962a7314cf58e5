"""Which commands go into the background and leave nothing behind: by themselves, because they are told to, or by their
settings."""

from __future__ import annotations

import re

# A program that detaches by itself unless told otherwise, and what tells it to stay.
DETACHES = (
    ("nginx", r"daemon\s+off"),
    ("sshd", r"(?:^|\s)-\w*[Dd]\b"),
    ("apachectl", r"FOREGROUND|-X\b"),
    ("apache2ctl", r"FOREGROUND|-X\b"),
    ("httpd", r"FOREGROUND|-X\b|(?:^|\s)-f\b"),
    ("crond", r"(?:^|\s)-\w*[fnd]\b|foreground"),
    ("cron", r"(?:^|\s)-\w*f\b"),
    ("rsyslogd", r"(?:^|\s)-\w*n\b"),
    ("supervisord", r"(?:^|\s)-n\b|--nodaemon|nodaemon=true"),
    ("vsftpd", r"background=NO"),
    ("named", r"(?:^|\s)-[fg]\b"),
    ("varnishd", r"(?:^|\s)-F\b"),
    ("dropbear", r"(?:^|\s)-\w*F\b"),
    ("proftpd", r"(?:^|\s)-\w*n\b|--nodaemon"),
    ("dovecot", r"(?:^|\s)-F\b"),
    ("chronyd", r"(?:^|\s)-[dnx]\b"),
    ("ntpd", r"(?:^|\s)-\w*n\b"),
    ("slapd", r"(?:^|\s)-d\b"),
    ("snmpd", r"(?:^|\s)-\w*f\b"),
    ("smbd", r"(?:^|\s)-[Fi]\b|--foreground|--interactive"),
    ("keepalived", r"(?:^|\s)-\w*n\b|--dont-fork"),
    ("monit", r"(?:^|\s)-I\b"),
)
# A program that stays unless told to detach, and what tells it to.
TOLD_TO = (
    ("redis-server", r"--daemonize\s+yes"),
    ("haproxy", r"(?:^|\s)-D\b"),
    ("memcached", r"(?:^|\s)-d\b"),
    ("gunicorn", r"--daemon\b|(?:^|\s)-D\b"),
    ("uwsgi", r"--daemonize"),
    ("mongod", r"--fork\b"),
    ("mysqld", r"--daemonize"),
    ("php-fpm", r"(?:^|\s)-D\b|--daemonize"),
    ("celery", r"--detach|\bmulti\b"),
    ("pg_ctl", r"\bstart\b"),
    ("pg_ctlcluster", r"\bstart\b"),
    ("service", r"\bstart\b"),
    ("systemctl", r"\bstart\b"),
    ("nohup", r"&"),
    ("start-stop-daemon", r"--background|(?:^|\s)-\w*b\b"),
    ("daemonize", r"\S"),
    ("rabbitmq-server", r"-detached"),
    ("kafka-server-start(?:\\.sh)?", r"-daemon\b"),
    ("zkServer(?:\\.sh)?", r"\bstart\b"),
    ("catalina(?:\\.sh)?", r"\bstart\b"),
    ("elasticsearch", r"(?:^|\s)(?:-d|--daemonize)\b"),
    ("mosquitto", r"(?:^|\s)-d\b"),
    ("unicorn", r"(?:^|\s)(?:-D|--daemonize)\b"),
    ("puma", r"(?:^|\s)(?:-d|--daemon)\b"),
    ("pm2", r"\bstart\b(?!.*--no-daemon)"),
    ("forever", r"\bstart\b"),
    ("caddy", r"\bstart\b"),
    ("postfix", r"\bstart\b(?!-fg)"),
    ("screen", r"(?:^|\s)-d\w*\b"),
    ("tmux", r"(?:^|\s)-d\b"),
    ("init.d/\\S+", r"\bstart\b"),
)


# A server whose settings say whether it detaches, and the option with which they do not matter.
BY_SETTINGS = (
    ("php-fpm", r"(?:^|\s)(?:-F|--nodaemonize)\b"),
    ("redis-server", r"--daemonize\s+no"),
    ("valkey-server", r"--daemonize\s+no"),
    ("haproxy", r"(?:^|\s)-(?:c|db|Ws)\b"),
    ("mongod", r"--fork\s+false|--(?:shutdown|repair)\b"),
    ("unbound", r"(?:^|\s)-\w*d"),
    ("dnsmasq", r"(?:^|\s)-[kd]\b|--keep-in-foreground|--no-daemon"),
    ("clamd", r"--foreground"),
    ("stunnel4?", r"(?:^|\s)-fd\b"),
    ("squid", r"(?:^|\s)-[Nkz]|--foreground"),
    ("lighttpd", r"(?:^|\s)-\w*[Dp]\b"),
)
BEGINS = r"(?:^|[;&|('\"]\s*|\bexec\s+|\s--\s+|(?:\.sh|entrypoint|tini|dumb-init)['\"]?\s+)(?:/\S*/)?"
ONLY_LOOKS = re.compile(
    r"(?<!\S)(?:-(?:q?tt?|[TvVhim])|--?(?:version|help|test\S*|check\S*|info|modules|configtest)|configtest)(?![^\s'\"])"
)


def configured(command: str) -> str:
    """The server whose settings may have sent it into the background, where nothing comes after it; "" for none."""
    for program, stays in BY_SETTINGS:
        called = re.search(rf"{BEGINS}(?P<name>{program})(?:[\d.]*)(?=$|[\s'\"])", command)
        rest = command[called.end() :] if called else ""
        if called and not re.search(r"[;&|\n]", rest) and not re.search(stays, rest) and not ONLY_LOOKS.search(rest):
            return called["name"]
    return ""


def detaching(command: str) -> str:
    """The program of a command line that goes into the background by itself; "" if none is known to."""
    if re.search(r"(?:^|/|\s|['\"])(?:sleep\s+infinity|tail\s+-f|wait)\b", command):
        return ""
    for table, told in ((TOLD_TO, True), (DETACHES, False)):
        for program, sign in table:
            called = re.search(rf"(?:^|[\s/'\";&])(?P<name>{program})(?:[\d.]*)(?=$|[\s'\";&])", command)
            rest = command[called.end() :] if called else ""
            if called and bool(re.search(sign, rest)) is told and not (table is DETACHES and ONLY_LOOKS.search(rest)):
                return called["name"]
    return "its command" if re.search(r"[^&>]&\s*['\"]?\s*$", command) else ""
