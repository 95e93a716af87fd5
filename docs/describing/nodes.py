"""What is sent, as a tree; and the trees of several calls made one.

Each call of a method sends one request, all of whose parts are there. What may be left out, and what can
stand in place of what, shows only when many are laid side by side: ``either`` makes one tree of those that
differ in one argument's form, and ``overlay`` of those that differ in which arguments were given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

import attrs

__all__ = [
    "ITEM",
    "Array",
    "Choice",
    "Constant",
    "Group",
    "Node",
    "Object",
    "OneOf",
    "Place",
    "Table",
    "Unmergeable",
    "annotated",
    "common_place",
    "differing_places",
    "either",
    "optional_at",
    "overlay",
    "places_of",
    "relaxed",
    "with_least",
]

Place: TypeAlias = tuple[str, ...]
"""Where in a tree something is: names of properties."""

ITEM = "[]"
"""Stands in a place for the items of an array or the values of a table."""


class Unmergeable(Exception):
    """Two arguments change the same spot in ways that cannot be told apart."""


@attrs.frozen(kw_only=True)
class Node:
    """A part of a request, with what is said of it, which does not tell two parts apart."""

    title: str = attrs.field(default="", eq=False)
    description: str = attrs.field(default="", eq=False)
    facts: Mapping[str, Any] = attrs.field(factory=dict[str, Any], eq=False)


@attrs.frozen
class Choice(Node):
    """A value that the caller chose, by the number of what it was chosen from."""

    number: int


@attrs.frozen
class Constant(Node):
    """A value that is always the same."""

    value: Any = attrs.field(eq=lambda value: (type(value), value))


@attrs.frozen
class Array(Node):
    """Items that are all of one kind."""

    item: Node


@attrs.frozen
class Table(Node):
    """An object whose names the caller chose."""

    key: int
    value: Node


@attrs.frozen
class Object(Node):
    """An object: its properties, those that are always there, and what depends on what.

    Attributes:
        least: Of each of these sets of properties, one at least is there.
    """

    properties: Mapping[str, Node]
    required: frozenset[str]
    groups: tuple[Group, ...] = ()
    least: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def whole(cls, properties: Mapping[str, Node]) -> Object:
        """An object with nothing left out."""
        return cls(properties, frozenset(properties))

    @property
    def names(self) -> dict[str, None]:
        """All properties, those of groups included."""
        own = dict.fromkeys(self.properties)
        return own | {name: None for group in self.groups for name in group.names}


@attrs.frozen
class Group:
    """Properties that come together, in one of several ways."""

    variants: tuple[Object, ...]
    optional: bool = False

    @property
    def names(self) -> dict[str, None]:
        """The properties that some variant has."""
        return {name: None for variant in self.variants for name in variant.properties}


@attrs.frozen
class OneOf(Node):
    """A value of one of several kinds."""

    options: tuple[Node, ...]


# Merging


def either(nodes: Iterable[Node]) -> Node:
    """One tree for what is sent in one of these ways."""
    distinct = _distinct(nodes)
    if len(distinct) == 1:
        return distinct[0]
    objects = [node for node in distinct if isinstance(node, Object)]
    if len(objects) == len(distinct) and all(
        (node.groups, node.least) == (objects[0].groups, objects[0].least) for node in objects
    ):
        return _either_object(objects)
    arrays = [node for node in distinct if isinstance(node, Array)]
    if len(arrays) == len(distinct):
        return attrs.evolve(arrays[0], item=either(array.item for array in arrays))
    tables = [node for node in distinct if isinstance(node, Table)]
    if len(tables) == len(distinct):
        return attrs.evolve(tables[0], value=either(table.value for table in tables))
    options = [
        option for node in distinct for option in (node.options if isinstance(node, OneOf) else (node,))
    ]
    return OneOf(tuple(_distinct(options)))


def _either_object(objects: Sequence[Object]) -> Node:
    first = objects[0]
    names = {name: None for node in objects for name in node.properties}
    differing = [name for name in names if _differs(name, objects)]
    if len(differing) == 1:
        return _either_property(objects, differing[0])
    parts = [
        attrs.evolve(
            node,
            properties={name: item for name, item in node.properties.items() if name in differing},
            required=node.required & frozenset(differing),
        )
        for node in objects
    ]
    variants = [*_joined(parts)]
    common = {name: item for name, item in first.properties.items() if name not in differing}
    if len(variants) == 1 and not common:
        return variants[0]
    return Object(
        common,
        first.required - frozenset(differing),
        (*first.groups, Group(tuple(variants))),
        first.least,
        title=_same(node.title for node in objects),
        description=_same(node.description for node in objects),
    )


def _joined(parts: Iterable[Object]) -> Iterator[Object]:
    """The variants, those made one that differ from each other in the same single property."""
    clusters = list[tuple[str, list[Object]]]()
    for part in parts:
        for index, (name, cluster) in enumerate(clusters):
            differing = [key for key in part.properties if _differs(key, [part, cluster[0]])]
            alike = part.properties.keys() == cluster[0].properties.keys()
            if alike and len(differing) == 1 and name in ("", differing[0]):
                clusters[index] = (differing[0], [*cluster, part])
                break
        else:
            clusters.append(("", [part]))
    for name, cluster in clusters:
        yield _either_property(cluster, name) if name else cluster[0]


def _either_property(objects: Sequence[Object], name: str) -> Object:
    """Objects that differ in one property, which some may lack."""
    merged = either(node.properties[name] for node in objects if name in node.properties)
    always = all(name in node.required for node in objects)
    return attrs.evolve(
        objects[0],
        properties={**objects[0].properties, name: merged},
        required=objects[0].required | {name} if always else objects[0].required - {name},
        title=_same(node.title for node in objects),
        description=_same(node.description for node in objects),
    )


def _differs(name: str, objects: Sequence[Object]) -> bool:
    found = [(node.properties.get(name), name in node.required) for node in objects]
    return any(one != found[0] for one in found)


def overlay(base: Node, nodes: Iterable[Node]) -> Node:
    """One tree for a request and what becomes of it with other arguments.

    What is not always there is optional.
    """
    others = list(nodes)
    changed = [node for node in _distinct(others) if node != base]
    base = reduce(_noted, (node for node in others if node == base), base)
    if not changed:
        return base
    if isinstance(base, Object) and all(isinstance(node, Object) for node in changed):
        return _overlay_object(base, [node for node in changed if isinstance(node, Object)])
    if isinstance(base, Array) and all(isinstance(node, Array) for node in changed):
        items = [node.item for node in changed if isinstance(node, Array)]
        return attrs.evolve(base, item=overlay(base.item, items), **_notes(changed))
    if isinstance(base, Table) and all(isinstance(node, Table) for node in changed):
        values = [node.value for node in changed if isinstance(node, Table)]
        return attrs.evolve(base, value=overlay(base.value, values), **_notes(changed))
    if len(changed) == 1:
        return changed[0]
    raise Unmergeable


def _overlay_object(base: Object, nodes: Sequence[Object]) -> Object:
    properties, required = dict[str, Node](), set[str]()
    names = {name: None for node in (base, *nodes) for name in node.properties}
    for name in names:
        found = [node.properties[name] for node in nodes if name in node.properties]
        grouped = any(name in group.names for node in nodes for group in node.groups)
        if name in base.properties and not grouped:
            properties[name] = overlay(base.properties[name], found)
            if all(name in node.required for node in (base, *nodes)):
                required.add(name)
        elif name not in base.properties and not grouped:
            properties[name] = overlay(found[0], found[1:])
        elif others := [item for item in found if item != base.properties.get(name)]:
            # What a group has of it and what others have of it is there together.
            properties[name] = _without_requirements(overlay(others[0], others[1:]))
    groups = [
        attrs.evolve(group, optional=group.optional or not base.properties.keys() & group.names.keys())
        for node in nodes
        for group in node.groups
        if group not in base.groups
    ]
    least = dict.fromkeys(names for node in (base, *nodes) for names in node.least)
    return Object(
        properties, frozenset(required), (*base.groups, *groups), tuple(least), **_notes([base, *nodes])
    )


def _without_requirements(node: Node) -> Node:
    return attrs.evolve(node, required=frozenset()) if isinstance(node, Object) else node


def relaxed(node: Node, witness: Node) -> Node:
    """The tree with optional whatever a request did without."""
    if isinstance(node, Array) and isinstance(witness, Array):
        return attrs.evolve(node, item=relaxed(node.item, witness.item))
    if not (isinstance(node, Object) and isinstance(witness, Object)):
        return node
    properties = {
        name: relaxed(item, witness.properties[name]) if name in witness.properties else item
        for name, item in node.properties.items()
    }
    kept = frozenset(witness.names)
    return attrs.evolve(node, properties=properties, required=node.required & kept)


def optional_at(node: Node, place: Place) -> Node:
    """The tree with the property at a place optional."""
    if isinstance(node, Array) and place[0] == ITEM:
        return attrs.evolve(node, item=optional_at(node.item, place[1:]))
    if not isinstance(node, Object) or place[0] not in node.properties:
        return node
    name, *deeper = place
    if not deeper:
        return attrs.evolve(node, required=node.required - {name})
    inner = optional_at(node.properties[name], tuple(deeper))
    return attrs.evolve(node, properties={**node.properties, name: inner})


def with_least(node: Node, requests: Sequence[Node]) -> Node:
    """The tree of requests of which each has one thing that no other has, and none is without any."""
    if isinstance(node, Array):
        items = [request.item for request in requests if isinstance(request, Array)]
        return attrs.evolve(node, item=with_least(node.item, items))
    if not isinstance(node, Object):
        return node
    objects = [request for request in requests if isinstance(request, Object)]
    names = {name: None for request in objects for name in request.properties}
    differing = [name for name in names if _differs(name, objects)]
    if len(differing) == 1 and differing[0] in node.properties:
        name = differing[0]
        inner = with_least(node.properties[name], [request.properties[name] for request in objects])
        return attrs.evolve(node, properties={**node.properties, name: inner})
    return attrs.evolve(node, least=(*node.least, tuple(differing)))


# Places


def places_of(node: Node, numbers: Collection[int], at: Place = ()) -> Iterator[Place]:
    """Where values are that were chosen from these."""
    match node:
        case Choice() if node.number in numbers:
            yield at
        case Array():
            yield from places_of(node.item, numbers, (*at, ITEM))
        case Table():
            if node.key in numbers:
                yield at
            yield from places_of(node.value, numbers, (*at, ITEM))
        case OneOf():
            for option in node.options:
                yield from places_of(option, numbers, at)
        case Object():
            variants = [variant for group in node.groups for variant in group.variants]
            for part in (node, *variants):
                for name, item in part.properties.items():
                    yield from places_of(item, numbers, (*at, name))
        case _:
            pass


def differing_places(node: Node, other: Node, at: Place = ()) -> Iterator[Place]:
    """The places, as far up as possible, of what only one of two trees has."""
    if isinstance(node, Object) and isinstance(other, Object):
        for name in {**node.properties, **other.properties}:
            mine, others = node.properties.get(name), other.properties.get(name)
            if mine is None or others is None:
                yield (*at, name)
            else:
                yield from differing_places(mine, others, (*at, name))
    elif isinstance(node, Array) and isinstance(other, Array):
        yield from differing_places(node.item, other.item, (*at, ITEM))
    elif node != other:
        yield at


def common_place(places: Iterable[Place]) -> Place:
    """The innermost place that is around all of these."""
    first, *others = [*places] or [()]
    for length in range(len(first), 0, -1):
        if all(place[:length] == first[:length] for place in others):
            return first[:length]
    return ()


def annotated(node: Node, place: Place, *, overwriting: bool = False, **notes: Any) -> Node:
    """The tree with a title or description for what is at a place, unless it has one."""
    if not place:
        new = {name: text for name, text in notes.items() if overwriting or not getattr(node, name)}
        return attrs.evolve(node, **new)
    name, *deeper = place

    def further(inner: Node) -> Node:
        return annotated(inner, tuple(deeper), overwriting=overwriting, **notes)

    match node:
        case Array() if name == ITEM:
            return attrs.evolve(node, item=further(node.item))
        case Table() if name == ITEM:
            return attrs.evolve(node, value=further(node.value))
        case OneOf():
            options = [annotated(o, place, overwriting=overwriting, **notes) for o in node.options]
            return attrs.evolve(node, options=tuple(options))
        case Object():
            return _annotated_object(node, name, further)
        case _:
            return node


def _annotated_object(node: Object, name: str, further: Any) -> Object:
    groups = [
        attrs.evolve(
            group, variants=tuple(_annotated_object(variant, name, further) for variant in group.variants)
        )
        for group in node.groups
    ]
    found = {key: further(item) if key == name else item for key, item in node.properties.items()}
    return attrs.evolve(node, properties=found, groups=tuple(groups))


def _distinct(nodes: Iterable[Node]) -> list[Node]:
    distinct = list[Node]()
    for node in nodes:
        if node not in distinct:
            distinct.append(node)
    return distinct


def _notes(nodes: Iterable[Node]) -> dict[str, Any]:
    """The first title, description and facts among these."""
    found = [(name, getattr(node, name)) for node in nodes for name in ("facts", "description", "title")]
    return {name: said for name, said in reversed(found) if said}


def _noted(node: Node, twin: Node) -> Node:
    """A tree with what is said of an equal one, where nothing is said of itself."""
    inner: dict[str, Any] = {}
    match node, twin:
        case Array(), Array():
            inner["item"] = _noted(node.item, twin.item)
        case Table(), Table():
            inner["value"] = _noted(node.value, twin.value)
        case OneOf(), OneOf():
            inner["options"] = tuple(map(_noted, node.options, twin.options))
        case Object(), Object():
            inner["properties"] = {
                name: _noted(item, twin.properties[name]) for name, item in node.properties.items()
            }
        case _:
            pass
    return attrs.evolve(
        node,
        title=node.title or twin.title,
        description=node.description or twin.description,
        facts={**twin.facts, **node.facts},
        **inner,
    )


def _same(texts: Iterable[str]) -> str:
    """The text, if all have the same."""
    distinct = set(texts)
    return distinct.pop() if len(distinct) == 1 else ""
