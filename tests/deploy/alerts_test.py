"""Goal: every alert can come, is quiet otherwise, names metrics that there are, and tells a person what to do."""

import re
import subprocess

import pytest

from conftest import DEPLOY, ROOT, load

RULES = [rule for group in load("prometheus/alerts.yml")["groups"] for rule in group["rules"]]
WORDS = {"and", "or", "on", "by", "max", "sum", "count", "absent", "increase", "changes", "deriv", "rate", "histogram_quantile", "time"}


@pytest.fixture(scope="session")
def promtool():
    done = subprocess.run([ROOT / "tests" / "support" / "promtool"], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(done.stderr.strip())

    def run(*arguments):
        return subprocess.run([done.stdout.strip(), *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True,
                              timeout=60, check=False)
    return run


def names(expression):
    """The metrics of an expression: words that are no labels, values or functions."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\bby \([^)]*\)", "", expression)
    return set(re.findall(r"[a-z_]+", bare)) - WORDS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_names_metrics_that_there_are(rule, program):
    series = {name + end for name in program.metrics for end in ("", "_bucket", "_sum", "_count")} | {"up"}
    assert names(rule["expr"]) and names(rule["expr"]) <= series
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "description"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_tested_coming_and_not_coming(rule):
    asked = [ask for test in load("prometheus/alerts_test.yml")["tests"] for ask in test["alert_rule_test"]
             if ask["alertname"] == rule["alert"]]
    comes = [ask for ask in asked if ask["exp_alerts"]]
    assert comes, "it never comes"
    assert len(asked) > len(comes), "it is never quiet"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_what_an_alert_tells_to_look_at_is_there(rule, program):
    text = " ".join(rule["annotations"].values())
    sources = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.c"))
    for event in re.findall(r"event=([a-z.]+[a-z])", text):
        assert f'"{event}"' in sources, event
    for metric in re.findall(r"\bmentord_[a-z_]+", text):
        assert metric in program.metrics, metric


def test_the_readme_tells_of_every_alert_and_no_other():
    table = re.search(r"<!-- alerts -->\n(.*?)<!-- /alerts -->", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    told = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", table, re.MULTILINE))
    assert told == {rule["alert"]: rule["labels"]["severity"] for rule in RULES}


def test_promtool_accepts_rules_and_configuration(promtool):
    for what in (("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml")):
        done = promtool(*what)
        assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_sees_the_alerts_come(promtool):
    done = promtool("test", "rules", "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr
