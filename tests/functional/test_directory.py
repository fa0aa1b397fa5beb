"""Signing in by the password of the company's directory: a real slapd, asked over TLS."""
from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyramid.config import Configurator
from sqlalchemy import func, select
from webtest import TestApp

from privmedia import compose
from privmedia.access.permissions import Permission
from privmedia.access.principals import group
from privmedia.accounts.duty import EVERYONE
from privmedia.accounts.factor_rules import FactorRules
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import SignIn, User
from privmedia.accounts.service import Accounts
from privmedia.db import reading, writing
from privmedia.directory_settings import read_directory
from privmedia.errors import SettingsError
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.operations.doctor.inside import the_directory_answers
from privmedia.providers.directory import Client, Unreachable
from tests.conftest import ADDRESS, FakeClock, Person
from tests.directory import PASSWORD, PEOPLE, RealDirectory, make_certificate
from tests.functional.test_providers import events, who_is


@pytest.fixture
def more() -> dict[str, str]:
    """Further settings of the directory."""
    return {}


@pytest.fixture
def ini(ini: dict[str, str], there: RealDirectory, more: dict[str, str]) -> dict[str, str]:
    return {**ini, **there.in_the_settings(**more)}


@pytest.fixture
def come(come_by_form: Callable[..., TestApp]) -> Callable[..., TestApp]:
    return come_by_form


def nobody_is_signed_in(installation: Installation) -> bool:
    with reading(installation.sessions) as session:
        return session.scalar(select(func.count(SignIn.id))) == 0


def why(installation: Installation) -> tuple[str, str]:
    """What the log says of the last try that failed: whom it was about, and why."""
    (*_, event) = events(installation, "sign-in")
    assert event.outcome != "done"
    return event.target, event.detail["why"]


def test_somebody_of_the_directory_gets_an_account_at_the_first_sign_in_and_has_it_at_the_second(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation, testapp: TestApp
) -> None:
    assert testapp.get("/login").html.select_one("label[for=email]").get_text(strip=True) == "Email or user name"
    dn = there.knows("leila")
    assert who_is(come("leila")) == "leila@skarvik.example"
    there.changes(dn, mail="leila.haddad@skarvik.example")
    assert who_is(come("leila.haddad@skarvik.example")) == "leila@skarvik.example"
    with reading(installation.sessions) as session:
        assert [(user.name, user.password_hash) for user in session.scalars(select(User))] == [("Leila Haddad", None)]
    assert [event.through for event in events(installation, "sign-in")] == ["Skarvik", "Skarvik"]


def test_who_gets_the_name_of_somebody_who_left_gets_nothing_of_theirs(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation
) -> None:
    dn = there.knows("leila")
    come("leila")
    there.forgets(dn)
    there.knows("leila", name="Leila Other")
    turned = come("leila", status=403)
    assert "There is an account with your email address already" in turned.answer
    assert why(installation)[1] == "an account of that address exists, and linking by address is off"


def test_groups_there_open_what_groups_here_may_see_and_close_it_again(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation,
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp],
) -> None:
    with writing(installation.sessions) as session:
        ours, by_hand = (Groups(session, installation).add_group(name=name) for name in ("Service", "Choir"))
        folder = Paths(session, installation).make_folders("Product training")[-1]
        Rules(session, installation).set(folder, Wanted(group(ours.id), Permission.VIEW))
    admin = sign_in(make_person("admin@example.test", admin=True))
    form = admin.get("/admin/sign-in").forms["provider-group-form"]
    form["value"], form["group"] = "engineers", ours.uid
    assert "engineers" in form.submit().follow()
    dn = there.knows("leila")
    engineers = there.group("engineers")
    leila = come("leila")
    leila.get(f"/f/{folder.uid}", status=404)
    with writing(installation.sessions) as session:
        user = Accounts(session, installation).user_by_email("leila@skarvik.example")
        Groups(session, installation).join(group=by_hand, users=[user])
    there.members(engineers, dn)
    come("leila").get(f"/f/{folder.uid}", status=200)
    leila.get(f"/f/{folder.uid}", status=200)  # in the browser of before as well
    there.members(engineers)
    come("leila")
    leila.get(f"/f/{folder.uid}", status=404)
    with reading(installation.sessions) as session:
        assert list(Accounts(session, installation).group_names(user.id)) == ["Choir"]


WRONG = {
    "a wrong password": ("leila", "not this one", "no such account"),
    "nobody": ("nobody", PASSWORD, "no such account"),
    "any name": ("*", PASSWORD, "no such account"),
    "a part of a name": ("lei*", PASSWORD, "no such account"),
    "a filter": ("leila)(uid=*", PASSWORD, "no such account"),
    "a filter that closes": ("*)(objectClass=*))(|(uid=*", PASSWORD, "no such account"),
    "a line's end": ("leila\\00", PASSWORD, "no such account"),
    "a DN": (f"uid=leila,{PEOPLE}", PASSWORD, "no such account"),
    "a long name": ("x" * 5000, PASSWORD, "no such account"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_who_has_not_the_password_is_told_no_more_than_that(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation, wrong: str
) -> None:
    there.knows("leila")
    name, password, reason = WRONG[wrong]
    answer = come(name, password, status=401).answer
    assert "That name and password do not match." in answer
    assert nobody_is_signed_in(installation)
    assert why(installation)[1] == reason


def test_a_wrong_password_is_logged_with_whose_it_was_to_be_and_counted_however_the_name_is_spelled(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation
) -> None:
    there.knows("leila")
    for name in ("leila", "LEILA", "leila@skarvik.example", "\uff4c\uff45\uff49\uff4c\uff41"):
        come(name, "wrong", status=401)
        assert why(installation)[0] == "leila@skarvik.example"
    come("Leila", "wrong", status=401)
    assert "Too many tries." in come("leila", status=429).answer


def test_what_the_directory_takes_for_a_right_password_though_it_is_none_we_do_not(there: RealDirectory) -> None:
    dn = there.knows("leila")
    assert there.lets_in_without_a_password(dn), "there is no trap to step into"
    client = client_of(there.in_the_settings())
    assert [client.let_in(dn, password) for password in ("", "\0", f"{PASSWORD}\0", PASSWORD)] == [False] * 3 + [True]


def test_who_is_shut_out_there_gets_in_here_no_more(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation
) -> None:
    dn = there.knows("leila")
    come("leila")
    there.changes(dn, userPassword="{CRYPT}!locked")
    come("leila", status=401)
    assert why(installation)[0] == "leila@skarvik.example"


def test_who_is_disabled_here_is_told_so_only_with_the_right_password(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation
) -> None:
    there.knows("leila")
    come("leila")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email("leila@skarvik.example"))
    assert "Your account here is disabled." in come("leila", status=403).answer
    assert why(installation) == ("leila@skarvik.example", "disabled account")
    assert "disabled" not in come("leila", "wrong", status=401).answer


def test_a_password_of_this_library_works_whether_the_directory_answers_or_not(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation, make_person: Callable[..., Person],
    clock: FakeClock,
) -> None:
    local = make_person("local@example.test", admin=True)
    there.knows("leila")
    there.stop()
    assert who_is(come(local.email, local.password)) == local.email
    page = come("leila", status=503).answer
    assert "Skarvik does not answer right now. Whoever has a password of this library itself can still sign in" in page
    assert why(installation)[1].startswith("directory: ")
    there.start()
    come("leila", status=503)  # nobody waits for it again within ten seconds
    clock.forward(seconds=11)
    assert who_is(come("leila")) == "leila@skarvik.example"


def test_the_next_server_is_asked_where_the_first_is_away(there: RealDirectory) -> None:
    dn = there.knows("leila")
    for servers in (f"ldap://localhost:1 {there.ldaps}", there.starttls, there.ldaps):
        ini = there.in_the_settings(servers=servers)
        assert client_of(ini).let_in(dn, PASSWORD)


def client_of(ini: dict[str, str]) -> Client:
    directory, problems = read_directory(ini, {})
    assert directory is not None, problems
    return Client(directory)


@pytest.mark.parametrize("scheme", ["ldaps", "starttls"])
def test_no_password_goes_to_a_server_whose_certificate_does_not_fit(
    there: RealDirectory, tmp_path: Path, scheme: str
) -> None:
    dn = there.knows("leila")
    openssl = shutil.which("openssl")
    assert openssl is not None
    other = make_certificate(openssl, tmp_path, "other", "DNS:localhost")
    address = getattr(there, scheme)
    by_another = client_of(there.in_the_settings(servers=address, ca_file=str(other)))
    of_another_name = client_of(there.in_the_settings(servers=address.replace("localhost", "127.0.0.1")))
    by_nobody = client_of(there.in_the_settings(servers=address, ca_file=""))
    for client in (by_another, of_another_name, by_nobody):
        with pytest.raises(Unreachable, match=r"(?i)certificate"):
            client.let_in(dn, PASSWORD)


def test_without_a_service_account_people_look_themselves_up(there: RealDirectory) -> None:
    leila = there.knows("leila")
    there.knows("moe")
    there.group("engineers", leila)
    client = client_of(there.in_the_settings(bind_dn="", bind_password="", user_dn=f"uid={{user}},{PEOPLE}"))
    own = client.own("leila", PASSWORD)
    assert own is not None
    assert (own.email, own.groups[1]) == ("leila@skarvik.example", "engineers")
    for name in ("leila,ou=x", "moe", "", "*"):
        assert client.own(name, "wrong") is None
    assert client.own("leila", "") is None


def test_who_signs_in_by_the_directory_proves_by_it_who_they_are(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation, make_person: Callable[..., Person],
    clock: FakeClock,
) -> None:
    make_person("local@example.test", admin=True)
    there.knows("leila")
    leila = come("leila")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        user = accounts.user_by_email("leila@skarvik.example")
        accounts.change_user(user=user, name=user.name, admin=True, guest=False)
    clock.forward(hours=3)
    form = leila.get("/admin/groups").forms["group-form"]
    form["name"] = "Welders"
    asked = form.submit(status=403).forms["confirm-form"]
    asked["confirm_password"] = "wrong"
    again = asked.submit(status=403).forms["confirm-form"]
    again["confirm_password"] = PASSWORD
    assert "Welders" in again.submit(status=303).follow()


@pytest.mark.parametrize("more", [{"make_accounts": "no", "link_by_email": "yes", "admin_group": "it"}])
def test_an_account_of_the_same_address_is_theirs_where_the_settings_say_so_and_administers_while_the_group_does(
    come: Callable[..., TestApp], there: RealDirectory, make_person: Callable[..., Person], more: dict[str, str]
) -> None:
    make_person("local@example.test", admin=True)
    make_person("leila@skarvik.example")
    leila, _moe = there.knows("leila"), there.knows("moe")
    admins = there.group("it", leila)
    come("leila").get("/admin/users", status=200)
    there.members(admins)
    come("leila").get("/admin/users", status=404)
    assert "There is no account for you here yet." in come("moe", status=403).answer


def test_a_rule_for_a_second_factor_is_for_people_of_the_directory_too(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation, clock: FakeClock
) -> None:
    there.knows("leila")
    leila = come("leila")
    with writing(installation.sessions) as session:
        FactorRules(session, installation).require(who=EVERYONE, group=None, days=1)
    clock.forward(days=2)
    again = come("leila")
    for app in (leila, again):
        assert app.get("/recent", status=303).headers["Location"].startswith(f"{ADDRESS}/")
    page = again.get("/account/second-factor")
    assert "your password alone is not enough here" in page


def test_an_address_that_is_no_mail_address_makes_no_account(
    come: Callable[..., TestApp], there: RealDirectory, installation: Installation
) -> None:
    there.knows("printer", mail="none")
    assert "Skarvik did not tell your email address" in come("printer", status=403).answer
    assert nobody_is_signed_in(installation)


def test_the_doctor_says_whether_the_directory_answers_and_by_tls(
    there: RealDirectory, installation: Installation, tmp_path: Path
) -> None:
    def looked(**more: str) -> tuple[str, str]:
        directory, problems = read_directory(there.in_the_settings(**more), {})
        assert not problems
        changed = replace(installation, settings=replace(installation.settings, directory=directory))
        outcome = the_directory_answers(changed)
        return outcome.level, str(outcome.measured)

    assert looked()[0] == "green"
    unencrypted = looked(servers=f"ldap://127.0.0.1:{there.port}", unencrypted="yes")
    assert (unencrypted[0], "without TLS" in unencrypted[1]) == ("amber", True)
    openssl = shutil.which("openssl")
    assert openssl is not None
    other = str(make_certificate(openssl, tmp_path, "other", "DNS:localhost"))
    for wrong, why in (({"ca_file": other}, "certificate verify failed"), ({"bind_password": "x"}, "bind_password")):
        level, measured = looked(**wrong)
        assert (level, why in measured) == ("red", True), measured


def test_without_its_package_the_start_is_stopped_in_words(
    monkeypatch: pytest.MonkeyPatch, ini: dict[str, str], installation: Installation
) -> None:
    monkeypatch.setitem(sys.modules, "ldap3", None)
    with pytest.raises(SettingsError, match=r"pip install 'privmedia\[ldap\]'"):
        compose(Configurator(settings=ini), installation)


WRONG_SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "no address": ({"servers": "ldap.example"}, "it has to be addresses such as ldaps://"),
    "in the clear to another machine": ({"servers": "ldap://ldap.example", "unencrypted": "yes"}, "in the clear"),
    "nobody to ask as": ({"bind_dn": "", "bind_password": ""}, "as whom are people looked for?"),
    "no password": ({"bind_password": ""}, "takes us for nobody"),
    "every group for everybody": ({"groups_filter": "(cn=*)"}, "would give everybody every group"),
    "half a filter": ({"people_filter": "(objectClass=person"}, "a filter in parentheses"),
    "no attribute": ({"id_attribute": "entry)(UUID"}, "the name of an attribute"),
    "no hour": ({"sync_hour": "24"}, "a whole number from 0 to 23"),
    "no file": ({"ca_file": "/nowhere.pem"}, "there is no such file"),
    "unknown": ({"colour": "red"}, "'privmedia.ldap.colour' is no setting"),
}


@pytest.mark.parametrize("wrong", WRONG_SETTINGS)
def test_settings_that_cannot_be_used_stop_the_start(wrong: str, there: RealDirectory) -> None:
    changes, sentence = WRONG_SETTINGS[wrong]
    directory, problems = read_directory(there.in_the_settings(**changes), {})
    assert directory is None
    assert sentence in " ".join(problems)
    assert "of the service account" not in " ".join(problems), "it shows the password"
