"""Recipes: what a wrong one says, and that the shipped ones hold together."""

from importlib import import_module

import pytest

from boilover.adapters import Export, load_recipe, recipe_names
from boilover.adapters.recipe import parse_recipe
from boilover.errors import UsageError

MINIMAL = b"""
[mapping]
shape = "updates"
ticket_id = "id"
time = "at"
state = { status = "state" }
"""


def parse(content: bytes):
    return parse_recipe(content, name="test", source="test.toml")


def test_the_name_comes_from_the_file_unless_given():
    assert parse(MINIMAL).name == "test"
    assert parse(b'name = "mine"\n' + MINIMAL).name == "mine"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (b'colour = "red"', "mapping.colour"),
        (b'timezone = "Mars/Olympus"', "unknown timezone 'Mars/Olympus'"),
        (b'timezone = "Europe"', "unknown timezone 'Europe'"),
        (b'encoding = "latinx"', "mapping.encoding': unknown encoding 'latinx'"),
        (b'delimiter = ";;"', "mapping.delimiter': a delimiter is one character"),
        (b'delimiter = ""', "mapping.delimiter"),
        (b'time_format = "epoch"', "unknown time format 'epoch'; write iso, epoch_s"),
        (b'time_format = "%Q"', "bad directive"),
        (b'time_format = "%d.%m.%Y %"', "stray %"),
        (b'time_format = "%d.%m.%Y %H:%H"', "redefinition of group name 'H'"),
        (b'statuses = { New = "fresh" }', "'fresh' is no status; there are: new"),
        (b'forbidden = { state = "tells the end" }', "'state'"),
        (b'rules = [{ when = { a = "b" } }]', "rules.0"),
        (b'rules = [{ emit = [{ target = "x", event_type = "message" }] }]', "exactly one of"),
        (b'rules = [{ emit = [{ event_type = "exploded" }] }]', "exploded"),
        (b'rules = [{ emit = [{ target = "x", value = "a", constant = "b" }] }]', "not both"),
    ],
)
def test_a_wrong_key_is_named(change, said):
    with pytest.raises(UsageError) as caught:
        parse(MINIMAL + change)
    assert said in str(caught.value)
    assert "test.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("state", "asked", "said"),
    [
        (
            '"Priorität" = "Priorität"',
            'priority_at_least = "Hoch"',
            r"needs a priority, and the \[mapping\] reads Priorität = 'Priorität': call the column priority",
        ),
        (
            'priority = "Priorität"',
            'field = "Priorität", equals = "Hoch"',
            "field = 'Priorität' is a column, which .* reads as priority: write priority_at_least or priority_raised",
        ),
        ('prio = "Priorität"', 'field = "Priorität", equals = "Hoch"', "reads as prio: write field = 'prio'"),
    ],
)
def test_a_column_where_a_name_of_the_log_is_wanted(state, asked, said):
    mapped = MINIMAL.decode().replace('status = "state"', state)
    for table in (f"[escalation]\nany = [{{ {asked} }}]", f"[escalation.a]\nany = [{{ {asked} }}]"):
        with pytest.raises(UsageError, match=said):
            parse(f"{mapped}\n{table}".encode())
    # What rows name themselves may be called so.
    rules = '[[mapping.rules]]\nemit = [{ target_from = "what", value = "to" }]'
    assert parse(f"{mapped}\n{rules}\n[escalation]\nany = [{{ {asked} }}]".encode()).escalation


def test_each_shape_needs_its_part():
    with pytest.raises(UsageError, match=r"needs \[\[mapping.rules\]\]"):
        parse(MINIMAL.replace(b"updates", b"events"))
    with pytest.raises(UsageError, match=r"needs \[mapping.state\]"):
        parse(MINIMAL.replace(b'state = { status = "state" }', b""))


def test_broken_toml_and_unknown_names_are_usage_errors():
    with pytest.raises(UsageError, match="is not TOML"):
        parse(b"[mapping")
    with pytest.raises(UsageError, match="helpdesk"):
        load_recipe("no_such_recipe")


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_parse_cite_and_declare_an_escalation(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.citation or recipe.mapping is None
    assert recipe.escalation["default"] in recipe.escalation
    if recipe.mapping is not None:
        assert all(len(reason) > 3 for reason in recipe.mapping.forbidden.values())


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_read_the_state_from_the_source_s_own_words(name):
    mapping = load_recipe(name).mapping
    emits = [emit for rule in (mapping.rules if mapping else ()) for emit in rule.emit]
    assert not [emit for emit in emits if emit.target is not None and emit.constant is not None]


def test_a_recipe_has_a_mapping_or_belongs_to_a_system():
    with pytest.raises(UsageError, match=r"'table' needs a \[mapping\]"):
        parse(b'title = "none"')
    with pytest.raises(UsageError, match=r"'zendesk' takes no \[mapping\]"):
        parse(b'format = "zendesk"\n' + MINIMAL)
    assert parse(b'format = "zendesk"\n[options]\nspam = 1').options == {"spam": 1}


ZONED = ["zendesk_desk", "jira_words", "servicenow_desk", "salesforce_desk", "freshdesk_desk", "ocel"]
TABLES = ["servicenow_desk", "salesforce_desk"]


@pytest.mark.parametrize(
    ("modules", "key", "value", "said"),
    [
        (ZONED, "timezone", '"Mars/Olympus"', "unknown timezone 'Mars/Olympus'"),
        (["salesforce_desk"], "report_timezone", '"Mars/Olympus"', "unknown timezone 'Mars/Olympus'"),
        (TABLES, "encoding", '"latinx"', "unknown encoding 'latinx'"),
        (TABLES, "encoding", '"idna"', "unknown encoding 'idna'"),
        (TABLES, "encoding", '"undefined"', "unknown encoding 'undefined'"),
        ([*TABLES, "jira_words"], "time_format", '"%Q"', "'Q' is a bad directive"),
        (["salesforce_desk"], "report_time_format", '"%Q"', "'Q' is a bad directive"),
        (["zendesk_desk"], "csv_time_format", '"DD.MM.YYYY"', "unknown time format 'DD.MM.YYYY'"),
        ([*ZONED, "hubspot_desk", "github_words"], "statuses.word", '"opne"', "'opne' is no status"),
        (["intercom"], "closed", '"opne"', "'opne' is no status; there are: new, open"),
    ],
)
def test_a_wrong_option_of_a_system_is_told(modules, key, value, said):
    for name in modules:
        module = import_module(f"boilover.adapters.{name}")
        (options,) = (
            each for each in vars(module).values() if getattr(each, "__name__", "").endswith("Options")
        )
        recipe = parse_recipe(f'format = "jira"\n[options]\n{key} = {value}\n'.encode(), name="a", source="a")
        with pytest.raises(UsageError) as caught:
            Export((), recipe).options(options)
        assert f"recipe 'a', key 'options.{key}': {said}" in str(caught.value), name
