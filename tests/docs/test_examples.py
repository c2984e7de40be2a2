"""What the README, the tutorial and the operator's page tell people to type works as it is written.

Only the port differs (the system chooses it), and where a page says /srv/fondaco the test has a directory of its own.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.program import TIMEOUT_S, fondaco
from tests.cli.running import Running, running

ROOT = Path(__file__).resolve().parents[2]
PORT = "http://127.0.0.1:8700"


def program(page: str, house: Running, folder: Path, name: str) -> None:
    """Saves the one Python program of a page, as the page says to."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert PORT in code
    (folder / name).write_text(code.replace(PORT, house.url))


def typed(page: str, first_word: str) -> list[list[str]]:
    """The command lines of a page that begin with a word, as the shell would split them."""
    lines = re.findall(rf"^\$ ({first_word} .*)$", (ROOT / page).read_text(), re.MULTILINE)
    return [shlex.split(line) for line in lines]


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def demo_data(tmp_path: Path) -> Path:
    """Where a demo started in this folder keeps its data."""
    data = tmp_path / ".fondaco" / "demo"
    data.parent.mkdir()
    return data


def test_the_first_order_of_the_readme(tmp_path: Path, demo_data: Path) -> None:
    with running("demo", "--data", demo_data, "--speed", "5") as house:
        while house.ask(None, "price.query", "BTCUSDT") == "0":
            time.sleep(0.1)
        program("README.md", house, tmp_path, "order.py")
        put, listed = run(tmp_path, "order.py").splitlines()
        house.kill()
    assert "'side': 2" in put
    assert "'left': '0.01000'" in put
    assert put[1:-1] in listed


def test_the_settlement_from_top_to_bottom(tmp_path: Path, demo_data: Path) -> None:
    """Each command prints what stands below it, where something does."""
    page = "docs/tutorial/first-settlement.md"
    blocks = re.findall(r"```console\n\$ python3 (rewards\.py .*)\n((?:\{.*\n)?)```", (ROOT / page).read_text())
    assert len(blocks) == 9
    with running("demo", "--data", demo_data) as house:
        program(page, house, tmp_path, "rewards.py")
        answers = [run(tmp_path, *shlex.split(words)) for words, _ in blocks]
        assert answers[:7] == [told for _, told in blocks[:7]]
        statement, ageing = (json.loads(answer) for answer in answers[7:])
        (words,) = typed(page, "fondaco settle")
        settled = fondaco(*words[1:], "--url", house.url, folder=tmp_path)
        house.kill()
    assert settled.stdout == "run 1: 9 settled, 0 refused, 0 passed over\n"
    assert [line["document"]["number"] for line in statement["lines"][-3:]] == ["I00000791", "P00000001", "CN00000001"]
    before, *_, last = (line["balance_amount"] for line in statement["lines"][-4:])
    assert round(before - last, 2) == 11.25
    (totals,) = ageing["totals"]
    assert statement["closing_balance"] == totals["ageing"]["total_amount"] == totals["ledger_balance"] == last


def test_the_tutorial_from_top_to_bottom(tmp_path: Path, demo_data: Path) -> None:
    page = "docs/tutorial/first-order.md"
    asked = typed(page, "python3 ask.py")
    found = [number for number, words in enumerate(asked) if words[2] == "order.get"]
    assert len(found) == 1  # the step after the kill
    answers: list[str] = []
    with running("demo", "--data", demo_data) as house:
        program(page, house, tmp_path, "ask.py")
        answers += [run(tmp_path, *words[1:]) for words in asked[: found[0]]]
        assert int((demo_data / "lock").read_text()) == house.process.pid  # whom the page kills
        house.kill()
    with running("demo", "--data", demo_data) as house:
        program(page, house, tmp_path, "ask.py")
        answers += [run(tmp_path, *words[1:]) for words in asked[found[0] :]]
        assert '"my-first"' in fondaco("inspect", demo_data).stdout
    methods = {words[2]: json.loads(answer) for words, answer in zip(asked, answers, strict=True)}
    assert all(answer["error"] is None for answer in methods.values()), methods
    put, got = methods["order.put_limit"]["result"], methods["order.get"]["result"]
    assert (got["id"], got["left"]) == (put["id"], put["left"])
    assert methods["asset.query"]["result"]["USDT"]["freeze"] == "25000.00000000"
    assert methods["order.history"]["result"]["records"][0]["id"] == methods["order.put_market"]["result"]["id"]
    assert methods["asset.history"]["result"]["records"]
    assert methods["order.cancel"]["result"]["id"] == put["id"]


def test_a_house_of_ones_own(tmp_path: Path) -> None:
    page = "docs/operating/running.md"
    data = str(tmp_path / "house")
    create, _up, another, _up_again = (
        [data if word == "/srv/fondaco" else word for word in words] for words in typed(page, "fondaco")
    )
    made = fondaco(*create[1:])
    assert made.returncode == 0, made.stderr
    (tmp_path / "operator.json").write_text(made.stdout)
    with running("up", "--data", data) as house:
        program(page, house, tmp_path, "operate.py")
        answers = {words[2]: json.loads(run(tmp_path, *words[1:])) for words in typed(page, "python3 operate.py")}
        assert not [answer for answer in answers.values() if isinstance(answer, dict) and "code" in answer], answers
        ann = answers["key.create"]
        assert house.ask(ann, "asset.query", "EUR") == {"EUR": {"available": "5000.00000000", "freeze": "0"}}
        assert house.ask(ann, "order.put_limit", "BTCEUR", 2, "0.1", "20000")["left"] == "0.10000"
        assert house.interrupt() == 0
    assert fondaco(*another[1:]).returncode == 0


def test_a_programme_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "docs/operating/programme.md"
    data = str(tmp_path / "house")
    key, programme, _up, settle = (
        [data if word == "/srv/fondaco" else word for word in words] for words in typed(page, "fondaco")
    )
    assert fondaco(*key[1:]).returncode == 0
    made = fondaco(*programme[1:])
    assert made.returncode == 0, made.stderr
    (tmp_path / "login.json").write_text(made.stdout)
    with running("up", "--data", data) as house:
        program(page, house, tmp_path, "rewards.py")
        answers = {words[2]: json.loads(run(tmp_path, *words[1:])) for words in typed(page, "python3 rewards.py")}
        assert not [answer for answer in answers.values() if "message" in answer], answers
        settlement = answers["customer_events/purchases/apply_settlement"]
        assert settlement["total_contribution_amount"] == 11.25
        assert settlement["invoice"]["total_amount"] == 13.73  # with 22 % tax
        assert answers["accounts_receivable/ageing"]["totals"][0]["ledger_balance"] == 13.73
        monkeypatch.setenv("FONDACO_REWARDS_PASSWORD", json.loads(made.stdout)["password"])
        run_of_all = fondaco(*settle[1:], "--url", house.url)
        assert run_of_all.stdout == "run 1: 0 settled, 0 refused, 0 passed over\n"
