"""Tidy layout: columns in the order of computation, nothing on top of anything, also for odd graphs."""

from __future__ import annotations

import itertools

from engine.graph import Edge, Graph, Node, chain
from engine.layers import Add, Dense, Dropout, Input, Output
from nnstudio.document import GRID, NODE_SPACING
from nnstudio.layout import CARD_HEIGHT, CARD_WIDTH, free_position, free_way_down, placed, tidy


def graph_of(layers, pairs):
    nodes = tuple(Node(id=key, name=key, layer=layer) for key, layer in layers.items())
    counts: dict[str, int] = {}
    edges = []
    for source, target in pairs:
        edges.append(Edge(source=source, target=target, port=counts.get(target, 0)))
        counts[target] = counts.get(target, 0) + 1
    return Graph(nodes=nodes, edges=tuple(edges))


def skip():
    layers = {"in": Input(), "a": Dense(), "b": Dense(), "add": Add(), "out": Output()}
    return graph_of(layers, [("in", "a"), ("a", "b"), ("a", "add"), ("b", "add"), ("add", "out")])


def overlapping(positions):
    return [
        (one, other)
        for (one, (x, y)), (other, (u, v)) in itertools.combinations(positions.items(), 2)
        if abs(x - u) < CARD_WIDTH and abs(y - v) < CARD_HEIGHT
    ]


def test_a_chain_stands_in_a_straight_row():
    positions = tidy(chain([Input(), Dense(), Dense(), Output()]))
    assert [positions[key] for key in ("input", "dense_1", "dense_2", "output")] == [
        (index * NODE_SPACING, 0.0) for index in range(4)
    ]


def test_a_skip_connection_leaves_a_way_beside_the_card_it_passes():
    positions = tidy(skip())
    assert positions["in"][1] == positions["a"][1] == positions["add"][1] == positions["out"][1]
    assert abs(positions["b"][1] - positions["a"][1]) >= 3 * GRID


def test_every_wire_leads_to_the_right():
    graph = skip()
    positions = tidy(graph)
    assert all(positions[edge.source][0] < positions[edge.target][0] for edge in graph.edges)


def test_all_positions_are_on_the_grid_of_the_canvas():
    assert all(value % GRID == 0 for at in tidy(skip(), (5.0, -7.0)).values() for value in at)


def test_the_first_node_stands_at_the_origin_asked_for():
    assert tidy(skip(), (160.0, 320.0))["in"] == (160.0, 320.0)


def test_cards_of_a_wide_network_do_not_cover_each_other():
    layers = {"in": Input(), "add": Add(), "out": Output()} | {f"d{i}": Dense() for i in range(9)}
    pairs = [("in", f"d{i}") for i in range(9)] + [(f"d{i}", "add") for i in range(9)] + [("add", "out")]
    assert overlapping(tidy(graph_of(layers, [*pairs, ("in", "add")]))) == []


def test_parallel_branches_do_not_cross():
    layers = {"in": Input(), "a1": Dense(), "b1": Dense(), "a2": Dense(), "b2": Dense(), "add": Add()}
    # Written so that the first order of the second column crosses.
    graph = graph_of(
        {key: layers[key] for key in ("in", "a1", "b1", "b2", "a2", "add")},
        [("in", "a1"), ("in", "b1"), ("b1", "b2"), ("a1", "a2"), ("a2", "add"), ("b2", "add")],
    )
    at = tidy(graph)
    assert (at["a1"][1] < at["b1"][1]) == (at["a2"][1] < at["b2"][1])


def test_nodes_joined_to_nothing_stand_below_the_network():
    layers = {"in": Input(), "out": Output(), "lost": Dropout()}
    positions = tidy(graph_of(layers, [("in", "out")]))
    assert positions["lost"][1] >= CARD_HEIGHT
    assert overlapping(positions) == []


def test_a_cycle_and_an_empty_graph_are_laid_out_too():
    loop = graph_of({"a": Dense(), "b": Dense()}, [("a", "b"), ("b", "a")])
    assert overlapping(tidy(loop)) == []
    assert tidy(Graph()) == {}


def test_a_branch_without_an_input_stands_beside_what_reads_it():
    layers = {"in": Input(), "a": Dense(), "b": Dense(), "add": Add(), "free": Dense(), "out": Output()}
    pairs = [("in", "a"), ("a", "b"), ("b", "add"), ("free", "add"), ("add", "out")]
    positions = tidy(graph_of(layers, pairs))
    assert positions["free"][0] == positions["b"][0]


def test_placed_keeps_what_has_a_place_and_finds_a_free_one_for_the_rest():
    graph = chain([Input(), Dense(), Output()])
    given = {"input": (0.0, 0.0), "output": (NODE_SPACING, 0.0)}
    positions = placed(graph, given)
    assert {key: positions[key] for key in given} == given
    assert overlapping(positions) == []


def test_a_graph_without_any_position_is_placed_tidily():
    graph = chain([Input(), Dense(), Output()])
    assert placed(graph, {}) == tidy(graph)


def test_a_free_position_is_the_wanted_one_where_nothing_stands():
    assert free_position({"a": (0.0, 0.0)}, (NODE_SPACING, 3.0)) == (NODE_SPACING, 0.0)
    assert overlapping({"a": (0.0, 0.0), "b": free_position({"a": (0.0, 0.0)}, (16.0, 16.0))}) == []


def test_several_cards_go_down_together_past_all_that_are_there():
    there = {"a": (0.0, 0.0), "b": (NODE_SPACING, 2 * CARD_HEIGHT), "c": (16.0, 3 * CARD_HEIGHT)}
    wanted = {"d": (16.0, 16.0), "e": (NODE_SPACING, 48.0)}
    down = free_way_down(there, wanted.values())
    assert down > 0
    assert down % GRID == 0
    assert overlapping({**there, **{key: (x, y + down) for key, (x, y) in wanted.items()}}) == []
    assert free_way_down(there, [(5 * NODE_SPACING, 0.0)]) == 0.0
