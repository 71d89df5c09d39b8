"""Pages that are no pages: what a server answered when an export failed midway."""

import json

import pytest

from boilover.adapters import ingest
from boilover.adapters.answers import error_in
from boilover.errors import InputError
from exports import written

TICKET = {"id": 7, "status": "open", "requester_id": 1, "created_at": "2026-01-05T09:00:00Z"}
PAGE = {"tickets": [TICKET | {"submitter_id": 1, "updated_at": "2026-01-05T09:00:00Z", "brand_id": 1}]}
ERRORS = {
    "zendesk": {"error": {"title": "Forbidden", "message": "no access"}},
    "freshdesk": {"code": "invalid_credentials", "message": "no access"},
    "freshdesk, of fields": {"description": "no access", "errors": [{"field": "page", "code": "invalid"}]},
    "jira": {"errorMessages": ["no access"], "errors": {}},
    "servicenow": {"error": {"message": "no access", "detail": ""}, "status": "failure"},
    "salesforce": [{"message": "no access", "errorCode": "INVALID_SESSION_ID"}],
    "hubspot": {"status": "error", "message": "no access", "correlationId": "1", "category": "RATE_LIMITS"},
    "intercom": {"type": "error.list", "request_id": "1", "errors": [{"code": "x", "message": "no access"}]},
    "github": {"message": "no access", "documentation_url": "https://docs.example", "status": "403"},
}


@pytest.mark.parametrize("told", ERRORS.values(), ids=ERRORS)
def test_an_error_among_pages_is_told_in_its_words(tmp_path, told):
    with pytest.raises(InputError, match=r"page-1-of-it: is an error .*'no access'\. Export that page again"):
        ingest([written(tmp_path / "export", [PAGE, told])], format="zendesk")


@pytest.mark.parametrize(
    "page", ["<!DOCTYPE html><p>502", '\n<html lang="en">', '<?xml version="1.0"?>\n<!doctype HTML>']
)
def test_a_web_page_among_pages_is_told(tmp_path, page):
    for given in ("auto", "zendesk", "table"):
        with pytest.raises(InputError, match="page-1-of-it: is a web page"):
            ingest([written(tmp_path / "export", [PAGE, page])], format=given)


@pytest.mark.parametrize(
    "told",
    [
        TICKET | {"message": "a word of the desk's own"},
        {"ticket": 7, "message": "a record of one's own"},
        {"results": [], "errors": []},
        {"title": "no error"},
        [],
        "message",
    ],
)
def test_what_has_other_words_is_no_error(told):
    assert error_in(json.dumps(told).encode()) is None
    assert error_in(b'{"error": "cut off') is None


@pytest.mark.parametrize("size", [1, 20_000])
@pytest.mark.parametrize("first", [True, False])
def test_a_page_that_goes_with_an_error_is_not_whole(tmp_path, monkeypatch, size, first):
    monkeypatch.setattr("boilover.adapters.streams.SMALL", 100_000)
    error = {"error": {"message": "Transaction cancelled: maximum execution time exceeded", "detail": ""}}
    rows = {"result": [{"sys_id": "k7", "number": "INC7", "opened_at": "2026-01-05 09:00:00"}] * size}
    folder = written(tmp_path / "export", [error | rows if first else rows | error])
    with pytest.raises(InputError, match=r"ends with an error, 'Transaction cancelled.*in smaller pages"):
        ingest([folder])
    assert ingest([written(tmp_path / "export", [rows | {"error": None}])])[1].tickets == 1
