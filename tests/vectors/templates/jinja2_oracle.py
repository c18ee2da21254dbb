"""Renders [template, variables] pairs from stdin with Jinja2, set up as transformers does. Writes one {"text"} or {"error"} per pair."""
import datetime, json, sys
from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_same"), [], [], body).set_lineno(line)

    def _same(self, caller):
        return caller()


def refuse(message):
    raise TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = refuse
environment.globals["strftime_now"] = lambda format: datetime.datetime(2024, 7, 26, 13, 5, 9).strftime(format)

results = []
for template, variables in json.load(sys.stdin):
    try:
        results.append({"text": environment.from_string(template).render(**variables)})
    except Exception as problem:
        results.append({"error": f"{type(problem).__name__}: {problem}"})
json.dump(results, sys.stdout, ensure_ascii=True)
