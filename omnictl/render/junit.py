"""Results of tests as JUnit XML, which CI servers read: a suite per group, a case per result."""

from __future__ import annotations

import re
import xml.etree.ElementTree as Xml
from collections.abc import Sequence
from dataclasses import dataclass

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Tested:
    """One result. `failure`: what went wrong, '' when nothing did. `seconds`: it took."""

    suite: str
    name: str
    file: str
    line: int
    seconds: float
    failure: str = ""


def junit(results: Sequence[Tested]) -> str:
    """The document. Suites stand in the order of their first result, cases in that of the results."""
    suites: dict[str, list[Tested]] = {}
    for result in results:
        suites.setdefault(result.suite, []).append(result)
    root = Xml.Element("testsuites", _counts(results))
    for name, members in suites.items():
        suite = Xml.SubElement(root, "testsuite", {"name": _clean(name), **_counts(members)})
        for each in members:
            attributes = {"classname": _clean(name), "name": _clean(each.name), "time": f"{each.seconds:.3f}"}
            attributes |= {"file": _clean(each.file), "line": str(each.line)}
            case = Xml.SubElement(suite, "testcase", attributes)
            if each.failure:
                failure = Xml.SubElement(case, "failure", {"message": _clean(each.failure), "type": "figure"})
                failure.text = _clean(f"{each.file}:{each.line}: {each.failure}")
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _counts(results: Sequence[Tested]) -> dict[str, str]:
    failures = sum(bool(result.failure) for result in results)
    seconds = sum(result.seconds for result in results)
    return {"tests": str(len(results)), "failures": str(failures), "errors": "0", "time": f"{seconds:.3f}"}


def _clean(text: str) -> str:
    """What XML can hold."""
    return _NOT_XML.sub("\ufffd", text)
