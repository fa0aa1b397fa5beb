"""The outermost tween: what it takes out of answers, and which answers it does not let leave at all."""
from __future__ import annotations

import logging

import pytest
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.guard import authorise, only_authorised_answers_factory

STEERING = [
    "X-Accel-Redirect",
    "x-accel-redirect",
    "X-Accel-Limit-Rate",
    "X-Sendfile",
    "X-Sendfile2",
    "X-Lighttpd-Send-File",
    "X-LiteSpeed-Location",
]


def answered(
    answer: Response, *, method: str = "GET", authorised: bool = False, other: Response | None = None
) -> Response:
    request = Request.blank("/", method=method)
    if authorised:
        authorise(request, other or answer)
    return only_authorised_answers_factory(lambda _request: answer, Registry())(request)


def steering_answer(status: int = 200, name: str = "X-Accel-Redirect") -> Response:
    answer = Response(status=status)
    answer.headers[name] = "/pmedia/ab/cd"
    return answer


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_answer_the_gate_stands_behind_keeps_its_senders_header(method: str) -> None:
    assert answered(steering_answer(), method=method, authorised=True).headers["X-Accel-Redirect"] == "/pmedia/ab/cd"


@pytest.mark.parametrize("name", STEERING)
def test_no_other_answer_carries_a_senders_header(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = answered(steering_answer(name=name))
    assert not [header for header, _ in answer.headerlist if header.lower() == name.lower()]
    assert name in caplog.text


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 416, 500, 503])
def test_nginx_ignores_the_status_so_only_200_may_carry_the_header(status: int) -> None:
    assert "X-Accel-Redirect" not in answered(steering_answer(status), authorised=True).headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_reading_methods_may_lead_to_a_file(method: str) -> None:
    assert "X-Accel-Redirect" not in answered(steering_answer(), method=method, authorised=True).headers


def test_an_answer_put_in_the_place_of_the_authorised_one_carries_nothing() -> None:
    assert "X-Accel-Redirect" not in answered(steering_answer(), authorised=True, other=Response()).headers


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: evil=1", "a\nb", "a\rb", "a\0b", "a\x7fb", "a\x1bb", "caf\u0113"])
def test_control_characters_in_a_header_turn_the_answer_into_a_400(value: str) -> None:
    answer = Response(status=303)
    answer.headerlist.append(("Location", value))
    refused = answered(answer)
    assert refused.status_int == 400
    assert all(value not in text for _, text in refused.headerlist)
    assert "cannot be answered" in refused.text


def test_ordinary_headers_pass() -> None:
    answer = Response(status=303)
    answer.headerlist.append(("Location", "/f/abc?q=%0d\tb"))
    assert answered(answer) is answer
