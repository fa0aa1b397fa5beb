from __future__ import annotations

import threading

import bcrypt
import pytest

from privmedia.accounts import passwords
from privmedia.errors import Invalid, Unavailable

GOOD = "three unrelated words 7"


def hashed(password: str, rounds: int = 4) -> str:
    return passwords.hash_password(password, rounds=rounds)


def verify(password: str, stored: str | None) -> bool:
    return passwords.verify(password, stored, rounds=4)


def test_the_stored_text_names_its_scheme_and_its_cost() -> None:
    assert hashed("x", rounds=5).startswith("v1$$2b$05$")
    assert len(hashed("x")) < 200


def test_only_the_right_password_opens() -> None:
    stored = hashed(GOOD)
    assert verify(GOOD, stored)
    assert not verify(GOOD + " ", stored)
    assert not verify("", stored)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a" * 72 + "b", "a" * 72 + "c"),
        ("a" * 999 + "b", "a" * 999 + "c"),
        ("a\0b", "a"),
        ("a\0b", "a\0c"),
        ("😀" * 63 + "😁", "😀" * 64),
    ],
)
def test_every_letter_counts(one: str, other: str) -> None:
    assert verify(one, hashed(one))
    assert not verify(other, hashed(one))


def test_the_same_letter_typed_on_another_system_is_the_same_password() -> None:
    assert verify("caf\u00e9 caf\u00e9", hashed("cafe\u0301 cafe\u0301"))


def test_a_megabyte_is_simply_wrong() -> None:
    assert not verify("x" * 1_000_000, hashed(GOOD))


def test_nobody_s_password_takes_a_hash_of_the_same_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    check = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda password, stored: asked.append(stored) or check(password, stored))
    assert not verify(GOOD, None)
    assert not verify(GOOD, "an old scheme")
    assert not verify("wrong", hashed(GOOD))
    assert {stored[:7] for stored in asked} == {b"$2b$04$"}
    assert len(asked) == 3


def test_a_hash_made_with_less_work_is_made_again() -> None:
    stored = hashed(GOOD, rounds=4)
    assert passwords.needs_rehash(stored, rounds=5)
    assert not passwords.needs_rehash(stored, rounds=4)


@pytest.mark.parametrize(
    "password",
    [
        *("", "short 7", "password", "12345678", "qwertyuiop", "aaaaaaaaaaaaaaaa", "x" * 1001),
        *("privmedia1", "skarvik2026", "Marine2026", "maren.aasen", "Skarvik-Marine-2026", "!!!!!!!!"),
    ],
)
def test_what_a_guesser_tries_first_is_refused_with_a_sentence(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.require_strength(password, ["Skarvik Marine", "maren.aasen@skarvik.example", "Maren Aasen"])
    assert refused.value.field == "password"
    assert str(refused.value).endswith(".")


EMOJI = "".join(chr(0x1F600 + (n * 37) % 79) for n in range(64))


@pytest.mark.parametrize("password", [GOOD, EMOJI, "blå fjord kaffe stol", "x9#kQ2vL", "correct horse " * 70])
def test_long_unusual_and_foreign_passwords_are_taken(password: str) -> None:
    passwords.require_strength(password)


def test_a_generated_password_is_strong_and_new_each_time() -> None:
    assert passwords.generated() != passwords.generated()
    passwords.require_strength(passwords.generated())


def test_a_flood_of_sign_ins_is_refused_instead_of_taking_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    started, release = threading.Semaphore(0), threading.Event()

    def slow(password: bytes, stored: bytes) -> bool:
        started.release()
        release.wait(20)
        return False

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    outcomes: list[str] = []

    def attempt() -> None:
        try:
            with passwords.place():
                verify(GOOD, None)
            outcomes.append("hashed")
        except Unavailable:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(50)]
    for thread in threads:
        thread.start()
    assert started.acquire(timeout=20)
    for thread in threads:
        if outcomes.count("refused") < 40:
            thread.join(0.05)
    assert outcomes.count("refused") >= 40
    release.set()
    for thread in threads:
        thread.join(20)
    assert len(outcomes) == 50
    assert "hashed" in outcomes
