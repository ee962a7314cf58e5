"""What the router promises beside the labelled questions."""

from __future__ import annotations

import random
import string
import time

import pytest

from ergon_ops.refs import FLEET, Ref, host_ref
from ergon_ops.router import Focus, Member, Router
from tests.router.worlds import population, questions, router

FRUIT = ("apple", "banana", "cherry", "date", "elder", "fig", "grape", "lemon", "mango", "orange", "papaya", "quince")


def fleet(count: int) -> list[Member]:
    """Replicas of ten services of many projects, as a large host has them."""
    services = ["web", "api", "db", "cache", "worker", "queue", "auth", "billing", "search", "mail"]
    rows = []
    for number in range(count):
        project, service, replica = f"team{number // 40}", services[number % 10], (number % 40) // 10 + 1
        name = f"{project}-{service}-{replica}"
        member = Member(
            Ref(name),
            f"{name}-ci",
            names=(f"{service}-{replica}",),
            service=service,
            project=project,
            image=f"registry.test/acme/{service}:1.{number % 7}-slim",
            ports=(8000 + number % 50,),
            published=(20000 + number,),
            group=f"local/{project}/{service}",
            number=replica,
        )
        rows.append(member)
    return rows


def test_a_question_back_names_the_candidates() -> None:
    route = router("plain").route("restart api")
    assert route.question_back == "Which one do you mean: api-1, api-2 or api-3?"
    assert [ref.name for ref in route.refs] == ["api-1", "api-2", "api-3"]


def test_containers_of_one_name_are_told_apart_by_their_host() -> None:
    route = router("hosts").route("how is api?")
    assert route.question_back == "Which one do you mean: local/api or prod/api?"


def test_an_unknown_name_brings_the_three_nearest_and_nobody_answers_for_it() -> None:
    route = router("micro").route("", names=("grafna",))
    assert (route.kind, route.refs, len(route.nearest)) == ("unknown_name", (), 3)
    assert route.nearest[0] == "grafana"
    assert "grafna" in route.question_back


def test_of_two_containers_spelled_alike_each_is_reached_by_its_own_name() -> None:
    alike = Router([Member(Ref("my-app"), "my-app-ci"), Member(Ref("my_app"), "my-app-local-ci")])
    assert [alike.route("", names=(name,)).refs for name in ("my-app", "my_app")] == [
        (Ref("my-app"),),
        (Ref("my_app"),),
    ]
    assert alike.route("restart my app").kind == "ask_back"


def test_a_guess_says_whom_it_took() -> None:
    route = router("demo").route("how is wbeapp")
    assert route.guess
    assert route.why == "took 'wbeapp' for webapp"


def test_a_beginning_given_as_a_name_says_who_answered_and_never_orders() -> None:
    route = router("data").route("how are you?", names=("spark-m",))
    assert (route.refs, route.guess, route.why) == ((Ref("spark-master"),), True, "took 'spark-m' for spark-master")
    assert router("data").route("restart", names=("spark-m",)).kind == "ask_back"


@pytest.mark.parametrize(
    "text", ["why is checkout slow?", "is the inventory correct", "do you like music", "our laundry"]
)
def test_english_nobody_is_called_by_is_no_unknown_name(text: str) -> None:
    assert router("fog").route(text).kind == "all", text


@pytest.mark.parametrize(
    "text",
    [
        "restart checkout",
        "container checkout",
        "ask checkout how it is",
        "@checkout hi",
        "checkout-2 logs",
        "how is checkout?",
    ],
)
def test_english_where_only_a_name_can_stand_is_an_unknown_name(text: str) -> None:
    assert router("fog").route(text).kind == "unknown_name", text


def test_a_container_on_another_host_never_answers_for_the_one_asked_about() -> None:
    assert router("pair").route("how is mailhog on prod").kind == "ask_back"


def test_no_container_is_answered_with_what_to_do() -> None:
    route = router("empty").route("how is webapp?")
    assert route.kind == "none"
    assert "ergon-ops demo up" in route.question_back


def test_a_host_without_containers_can_be_asked_about() -> None:
    assert Router([], hosts=["prod"]).route("disk space on this machine?").refs == (host_ref("prod"),)


@pytest.mark.parametrize(
    ("focus", "kind"), [(Focus((FLEET,), "status"), "all"), (Focus((host_ref("local"),), "load"), "host")]
)
def test_all_and_the_host_can_be_followed_up_too(focus: Focus, kind: str) -> None:
    assert router("demo").route("and since when?", focus=focus).kind == kind


def test_a_question_asked_back_can_be_answered_by_a_name_a_number_or_all() -> None:
    world = router("plain")
    asked = world.route("restart api")
    focus = Focus(candidates=asked.refs, text="restart api")
    answers = {reply: world.route(reply, focus=focus).refs for reply in ("api-2", "the third", "3", "all of them")}
    third = (Ref("api-3"),)
    assert answers == {"api-2": (Ref("api-2"),), "the third": third, "3": third, "all of them": asked.refs}


def test_what_was_not_looked_into_is_asked_for() -> None:
    blind = [
        Member(Ref("box"), "box-ci", image="acme/box:1", looked=False),
        Member(Ref("other"), "other-ci", looked=False),
    ]
    for text in ("is redis ok?", "who serves port 6379?", "how is the cache?", "who runs nginx?"):
        assert Router(blind).route(text).needs_services, text
    assert not Router(blind).route("how is box?").needs_services
    seen = [Member(Ref("box"), "box-ci", programs=("redis",), ports=(6379,)), Member(Ref("other"), "other-ci")]
    for text in ("is redis ok?", "who serves port 6379?", "how is the cache?"):
        route = Router(seen).route(text)
        assert (route.refs, route.needs_services) == ((Ref("box"),), False), text


def test_a_program_inside_a_container_stays_in_the_question() -> None:
    assert "redis" in router("demo").route("is redis in webapp ok?").rest


def test_short_names_are_never_matched_by_a_near_miss() -> None:
    tiny = Router([Member(Ref(name), f"{name}-ci") for name in ("api", "app", "db", "web", "k8s", "www")])
    for word in ("apo", "abc", "dab", "wab", "k9s", "wwv", "xyz"):
        assert tiny.route(f"status of {word}").kind == "unknown_name", word


def test_numbers_in_names_are_never_misread() -> None:
    world = router("plain")
    assert world.route("how is api-7").kind == "unknown_name"
    assert world.route("restart api-22").kind == "unknown_name"


@pytest.mark.parametrize("name", ["all", "status", "logs", "memory", "test", "app"])
def test_a_container_named_like_a_command_is_reached_by_every_explicit_way(name: str) -> None:
    world = router("words")
    for text in (f"@{name} how are you", f'how is "{name}"', f"is local/{name} ok", f"how is {name}-ci"):
        assert world.route(text).refs == (Ref(name),), text


def test_every_name_of_a_thousand_is_found_in_a_sentence() -> None:
    rows = fleet(1000)
    large = Router(rows)
    chance = random.Random(7)
    for member in chance.sample(rows, 100):
        assert large.route(f"why is {member.ref.name} so slow?").refs == (member.ref,)
        assert large.route(f"what is on :{member.published[0]}?").refs == (member.ref,)


def test_one_letter_wrong_reaches_nobody_else() -> None:
    """Over many names and slips: the right one, a question back, or unknown; never another one."""
    rows = [Member(Ref(f"{a}-{b}"), f"{a}-{b}-ci") for a in FRUIT for b in FRUIT if a != b]
    orchard, chance = Router(rows), random.Random(11)
    reached = 0
    for member in chance.sample(rows, 60):
        name = member.ref.name
        spot = chance.randrange(1, len(name))
        wrong = name[:spot] + chance.choice(string.ascii_lowercase) + name[spot + 1 :]
        route = orchard.route(f"how is {wrong}?")
        reached += route.refs == (member.ref,)
        assert route.refs == (member.ref,) or route.kind in ("ask_back", "unknown_name", "several"), (
            name,
            wrong,
            route,
        )
        assert orchard.route(f"restart {wrong}").kind in ("ask_back", "unknown_name") or wrong == name
    assert reached > 45


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?!" * 5000,
        "\x00\x1b[31m",
        "x" * 10_000,
        "zxqv wrth plmk " * 700,
        "api-" * 2500,
        "@" * 9999,
        "’s 's",
        "🙂",
        "a/b/c:d",
    ],
)
def test_odd_texts_are_bounded_and_always_get_a_decision(text: str) -> None:
    for world in ("demo", "single", "words", "world"):
        route = router(world).route(text)
        assert route.kind in ("one", "several", "all", "host", "ask_back", "none", "unknown_name")
        assert router(world).route("", names=(text,)).kind in ("unknown_name", "all", "ask_back", "one", "several")


def test_random_words_never_break_it_and_never_invent_a_container() -> None:
    chance = random.Random(3)
    words = [word for row in questions("scoring") for word in row["ask"].split()]
    for world in ("shop", "hosts", "words", "micro", "world"):
        here = {member.ref for member in population(world)}
        for _ in range(200):
            text = " ".join(chance.choices(words, k=chance.randrange(1, 9)))
            route = router(world).route(text, focus=Focus(tuple(chance.sample(sorted(here), 1)), "status"))
            assert set(route.refs) <= here or route.kind == "host", text
            assert not (route.guess and route.changes), text


def test_a_long_text_takes_no_longer_than_a_bounded_one() -> None:
    """As a ratio: ten times the text, about the same time."""
    large = Router(fleet(1000))

    def took(text: str) -> float:
        best = []
        for _ in range(7):
            start = time.thread_time()
            large.route(text)
            best.append(time.thread_time() - start)
        return min(best)

    assert took("why is team3-api-2 slow " * 4000) < 6 * took("why is team3-api-2 slow " * 40)


SHOP = [
    *(Member(Ref(f"shop-web-{n}"), f"shop-web-{n}-ci", service="web", project="shop", number=n) for n in (1, 2)),
    Member(Ref("shop-db-1"), "shop-db-1-ci", service="db", project="shop", role_kind="database"),
    Member(Ref("web"), "web-ci", image="acme/box:1"),
]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("how is web?", ["web"]),
        ("how is shop's web?", ["shop-web-1", "shop-web-2"]),
        ("are the web replicas of shop ok?", ["shop-web-1", "shop-web-2"]),
        ("is the web service of project shop ok?", ["shop-web-1", "shop-web-2"]),
        ("are the web replicas ok?", ["shop-web-1", "shop-web-2"]),
    ],
)
def test_a_service_of_a_project_is_not_answered_for_by_a_container_of_its_name(text: str, who: list[str]) -> None:
    assert [ref.name for ref in Router(SHOP).route(text).refs] == who


def test_a_service_of_a_project_with_replicas_is_not_restarted_as_the_container_of_its_name() -> None:
    assert Router(SHOP).route("restart shop's web").kind == "ask_back"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("how is the db of shop?", "how is it ?"),
        ("is shop's db ok?", "is it ok?"),
        ("how are the web replicas of shop?", "how are ?"),
        ("how much memory does the db in the shop stack use?", "how much memory does it stack use?"),
        ("how much memory does the db of project shop use?", "how much memory does it use?"),
    ],
)
def test_the_project_somebody_is_of_is_no_part_of_what_is_asked(text: str, asked: str) -> None:
    assert Router(SHOP).route(text).rest == asked


@pytest.mark.parametrize("text", ["how many workers does webapp have?", "number of workers of nginx in webapp"])
def test_what_is_counted_of_one_that_is_named_is_nobody_else(text: str) -> None:
    two = Router([Member(Ref("webapp"), "webapp-ci"), Member(Ref("worker"), "worker-ci")])
    assert [ref.name for ref in two.route(text).refs] == ["webapp"]
    assert [ref.name for ref in two.route("how are the workers?").refs] == ["worker"]


@pytest.mark.parametrize("text", ["webapp: is nginx up?", "webapp, how many connections does nginx have?"])
def test_one_who_is_called_is_asked_about_the_program_that_is_named_behind(text: str) -> None:
    two = Router([Member(Ref("webapp"), "webapp-ci", programs=("nginx",)), Member(Ref("worker"), "worker-ci")])
    route = two.route(text)
    assert [ref.name for ref in route.refs] == ["webapp"]
    assert "nginx" in route.rest
