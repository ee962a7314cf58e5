"""Bottom-up order of containers by `depends_on`, and the circles that make one impossible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def in_order(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Names, each after everything it needs; names that are equally possible alphabetically. What lies on a circle,
    or needs one, is left out. Needs that are not in the mapping run elsewhere and do not count."""
    waiting = {name: {need for need in wanted if need in needs} for name, wanted in needs.items()}
    order: list[str] = []
    while ready := sorted(name for name, wanted in waiting.items() if not wanted):
        order += ready
        for name in ready:
            del waiting[name]
        for wanted in waiting.values():
            wanted.difference_update(ready)
    return tuple(order)


def circles(needs: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Each circle once, as a path that ends where it began: `('api', 'db', 'api')`."""
    left = {name: sorted({need for need in wanted if need in needs}) for name, wanted in needs.items()}
    for name in in_order(needs):
        left.pop(name, None)
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for start in sorted(left):
        path: list[str] = []
        name = start
        while name in left and name not in seen and name not in path:
            path.append(name)
            name = next((need for need in left[name] if need in left), "")
        if name in path:
            circle = path[path.index(name) :]
            first = circle.index(min(circle))
            circle = circle[first:] + circle[:first]
            found.append((*circle, circle[0]))
        seen.update(path)
    return found
