# -*- coding: utf-8 -*-
"""Autobahn's test suite, on loopback (Python 2.7, with what requirements.txt lists).

    suite.py SUITE count CASES                  how many cases that are
    suite.py SUITE server DIR CASES PART        waits for clients, prints "listening on URL", until it is interrupted
    suite.py SUITE client DIR CASES PART URL    tests the server at URL
    suite.py SUITE report ROLE=DIR...           tables of what came out, as Markdown; fails unless all is as it should be

SUITE is where the suite is installed, DIR where the results go, CASES a list of ids or patterns, "1.*,6.4.*", PART the part of
them to run: "2/4" is the second of four. The results of a role may be in several DIRs. The cases, and how they are judged, are
the suite's. Its own command, wstest, would listen on every address, and be content whatever the results are.
"""
from __future__ import print_function, unicode_literals

import json
import os
import platform
import site
import sys
import time

if len(sys.argv) < 3:
    sys.exit(__doc__)
site.addsitedir(sys.argv[1])

# Picks Twisted's reactor, so it comes before everything else of Twisted.
import autobahntestsuite.choosereactor  # noqa: F401

import autobahntestsuite
from autobahntestsuite import fuzzing
from autobahntestsuite.case import CaseBasename, Cases, CaseCategories, CaseSetname, CaseSubCategories
from autobahntestsuite.caseset import CaseSet
from twisted.internet import reactor

SECTIONS = {
    1: "framing", 2: "pings and pongs", 3: "reserved bits", 4: "opcodes", 5: "fragmentation", 6: "UTF-8",
    7: "closing", 9: "limits and performance", 10: "automatic fragmentation",
    12: "compression: data", 13: "compression: parameters",
}

# The verdicts that the suite has, and one for a case without a result.
VERDICTS = ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED", "MISSING"]


def chosen(patterns):
    cases = CaseSet(CaseSetname, CaseBasename, Cases, CaseCategories, CaseSubCategories)
    return cases.parseSpecCases({"cases": patterns.split(",")})


def part_of(cases, part):
    # Cases that take long are neighbours, so each part gets some of them.
    number, parts = map(int, part.split("/"))
    return cases[number - 1::parts]


def spec(directory, patterns, part, **more):
    cases = part_of(chosen(patterns), part)
    if not os.path.isdir(directory):
        os.makedirs(directory)
    with open(os.path.join(directory, "cases.json"), "w") as asked:
        json.dump(cases, asked)
    return dict(more, outdir=directory, cases=cases)


def run(factory):
    # Also what there is by then, if it is ended early.
    reactor.addSystemEventTrigger(b"before", b"shutdown", factory.createReports)
    reactor.run()


def serve(directory, patterns, part):
    factory = fuzzing.FuzzingServerFactory(spec(directory, patterns, part, url="ws://127.0.0.1:0"))
    port = reactor.listenTCP(0, factory, interface=b"127.0.0.1").getHost().port
    url = "ws://127.0.0.1:%d" % port
    factory.setSessionParameters(url=url)
    print("listening on", url)
    sys.stdout.flush()
    run(factory)


def attack(directory, patterns, part, url):
    servers = [{"agent": "slotwire", "url": url}]
    run(fuzzing.FuzzingClientFactory(spec(directory, patterns, part, servers=servers)))


def load(directory):
    """The cases that were asked for, and the results by case."""
    with open(os.path.join(directory, "cases.json")) as asked:
        cases = json.load(asked)
    try:
        with open(os.path.join(directory, "index.json")) as index:
            return cases, json.load(index).get("slotwire", {})
    except IOError:
        return cases, {}


def load_all(directories):
    """As `load`, of all parts, in the suite's order."""
    cases, results = set(), {}
    for directory in directories:
        some_cases, some_results = load(directory)
        cases.update(some_cases)
        results.update(some_results)
    return [case for case in chosen("*") if case in cases], results


def section(case):
    return int(case.split(".")[0])


def shortcoming(case, result):
    """Why a case is not as it should be, None if it is."""
    verdict = result["behavior"]
    if verdict not in ("OK", "INFORMATIONAL"):
        return verdict
    if result["behaviorClose"] not in ("OK", "INFORMATIONAL"):
        return "%s, its close %s" % (verdict, result["behaviorClose"])
    return None


def table(role, cases, results):
    lines = ["## As a %s" % role, "", "| section | cases | %s |" % " | ".join(VERDICTS)]
    lines.append("| --- |" + " --: |" * (len(VERDICTS) + 1))
    for number in sorted(set(map(section, cases))):
        verdicts = [results.get(case, {"behavior": "MISSING"})["behavior"] for case in cases if section(case) == number]
        counts = [str(verdicts.count(verdict) or "") for verdict in VERDICTS]
        lines.append("| %d %s | %d | %s |" % (number, SECTIONS[number], len(verdicts), " | ".join(counts)))
    verdicts = [results.get(case, {"behavior": "MISSING"})["behavior"] for case in cases]
    lines.append("| all | %d | %s |" % (len(cases), " | ".join(str(verdicts.count(v) or "") for v in VERDICTS)))
    return lines


def report(runs):
    roles = []
    for role, _ in runs:
        if role not in roles:
            roles.append(role)
    lines = [
        "# Results of the Autobahn test suite",
        "",
        "Made by `tests/autobahn/run.sh --record` on %s: autobahntestsuite %s on Python %s, %s %s." % (
            time.strftime("%Y-%m-%d"), autobahntestsuite.__version__, platform.python_version(),
            platform.system(), platform.machine()),
        "",
        "INFORMATIONAL are the cases about which RFC 6455 says nothing, whatever comes out.",
    ]
    clean = True
    for role in roles:
        cases, results = load_all([directory for its, directory in runs if its == role])
        lines += [""] + table(role, cases, results)
        informational = [case for case in cases if results.get(case, {}).get("behavior") == "INFORMATIONAL"]
        lines += ["", "INFORMATIONAL: %s." % (", ".join(informational) or "none")]
        wrong = []
        for case in cases:
            why = shortcoming(case, results[case]) if case in results else "MISSING"
            if why:
                wrong.append("%s (%s)" % (case, why))
        lines += ["", "Not as it should be: %s." % (", ".join(wrong) or "none")]
        clean = clean and not wrong
    print("\n".join(lines))
    return 0 if clean else 1


def main(what, arguments):
    if what == "count":
        return print(len(chosen(*arguments)))
    if what == "server":
        return serve(*arguments)
    if what == "client":
        return attack(*arguments)
    return report([argument.split("=", 1) for argument in arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[2], [argument.decode("utf-8") for argument in sys.argv[3:]]))
