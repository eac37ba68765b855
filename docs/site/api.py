"""Makes the pages of the API reference of the XML that Doxygen wrote: a page for each public header."""

import html
import os
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict

import prose
from render import heading

COMPOUNDS = ("class", "struct", "union", "concept")
MEMBERS = ("function", "variable", "typedef", "enum", "define", "friend", "signal", "slot")


class Reference:
    """All public names, by the header that declares each."""

    def __init__(self, folder, headers):
        self.headers = set(headers)
        self.entries = defaultdict(list)  # header -> [(line, element)], the names outside of classes
        self.compounds = {}  # id -> element
        self.files = {}  # header -> element
        self.anchors = {}  # id -> (header, anchor)
        self.used = defaultdict(set)  # header -> anchors
        self.owner = {}  # id of a nested class -> element around it
        for compound in sorted(ElementTree.parse(folder / "index.xml").getroot(), key=lambda found: found.get("refid")):
            if compound.get("kind") in (*COMPOUNDS, "namespace", "file"):
                self.read(ElementTree.parse(folder / f"{compound.get('refid')}.xml").getroot().find("compounddef"))
        for header in self.entries.values():
            header.sort(key=lambda entry: entry[0])
        for inner, outer in list(self.owner.items()):
            if inner in self.compounds and outer.get("id") not in self.compounds:
                del self.owner[inner]
        for header, entries in sorted(self.entries.items()):
            for _, element in entries:
                self.give_anchors(header, element)

    def read(self, compound):
        kind = compound.get("kind")
        if kind == "file":
            self.files[compound.find("location").get("file")] = compound
            for member in compound.iter("memberdef"):
                if member.get("kind") == "define":
                    self.add(member)
        elif kind == "namespace":
            for member in compound.iter("memberdef"):
                self.add(member)
        else:
            self.compounds[compound.get("id")] = compound
            for inner in compound.findall("innerclass"):
                self.owner[inner.get("refid")] = compound
            self.add(compound)

    def add(self, element):
        location = element.find("location")
        if location is not None and location.get("file") in self.headers:
            self.entries[location.get("file")].append((int(location.get("line")), element))

    def give_anchors(self, header, element):
        if element.get("id") in self.anchors:
            return
        name = re.sub(r"^bus::", "", qualified(element))
        base = re.sub(r"[^\w.]+", "-", name.replace("::", ".")).strip("-") or "operator"
        anchor, number = base, 1
        while anchor in self.used[header]:
            number += 1
            anchor = f"{base}-{number}"
        self.used[header].add(anchor)
        self.anchors[element.get("id")] = (header, anchor)
        if element.tag == "compounddef":
            for member in public_members(element):
                self.give_anchors(header, member)
        for value in element.findall("enumvalue"):
            self.anchors[value.get("id")] = (header, anchor)

    def address(self, refid, header):
        """The link from a header's page to a name; empty if the reference does not show it."""
        if refid not in self.anchors:
            return ""
        target, anchor = self.anchors[refid]
        page = "" if target == header else os.path.relpath(f"{target}.html", os.path.dirname(header))
        return f"{page}#{anchor}"


def qualified(element):
    if element.tag == "compounddef":
        return element.findtext("compoundname")
    return element.findtext("qualifiedname") or element.findtext("name")


def public_members(compound):
    """What a program may use of a class: its public members, its protected ones, which it may override, and friends."""
    for section in compound.findall("sectiondef"):
        for member in section.findall("memberdef"):
            if member.get("prot") != "private" and member.get("kind") in MEMBERS and not is_hidden_friend(member):
                yield member


def is_hidden_friend(member):
    """`friend class X;` says nothing to a program."""
    return member.get("kind") == "friend" and member.findtext("type") in ("class", "struct", "friend class", "friend struct")


def as_written(code):
    """Doxygen's `vector< T > & x` as the house writes it: `vector<T>& x`."""
    before = ""
    while before != code:
        before = code
        code = re.sub(r"&lt; ((?:(?!&lt; | &gt;).)*?) &gt;", r"&lt;\1&gt;", code)
    return re.sub(r"(?<=[\w;>]) ((?:&amp;|\*)+)(?=[ ,)]|$)", r"\1", code)


class Writer:
    """Writes the pages of one reference into a site."""

    def __init__(self, reference, site):
        self.reference = reference
        self.site = site
        self.header = ""

    def text(self, element):
        return prose.inline(element, lambda refid: self.reference.address(refid, self.header))

    def description(self, element):
        found = [element.find("briefdescription"), element.find("detaileddescription")]
        return "".join(prose.blocks(part, lambda refid: self.reference.address(refid, self.header))
                       for part in found if part is not None)

    def template(self, element):
        parameters = element.find("templateparamlist")
        if parameters is None:
            return ""
        shown = []
        for parameter in parameters.findall("param"):
            default = parameter.find("defval")
            shown.append(self.text(parameter.find("type"))
                         + (f" {html.escape(parameter.findtext('declname'))}" if parameter.findtext("declname") else "")
                         + (f" = {self.text(default)}" if default is not None else ""))
        requires = element.find("requiresclause")
        return (f"template &lt;{', '.join(shown)}&gt;\n"
                + (f"requires {self.text(requires).strip()}\n" if requires is not None else ""))

    def parameters(self, member):
        """The parameters with links in them, and what stands behind the bracket."""
        shown = []
        for parameter in member.findall("param"):
            type_, name = parameter.find("type"), parameter.findtext("declname") or ""
            array, default = parameter.findtext("array") or "", parameter.find("defval")
            written = self.text(type_) if type_ is not None else ""
            if array.startswith(")"):  # a pointer to a function: what follows its name
                written += html.escape(name + array)
            else:
                written += html.escape((f" {name}" if name else "") + array)
            shown.append(written + (f" = {self.text(default)}" if default is not None else ""))
        arguments = member.findtext("argsstring") or ""
        depth = 0
        for place, letter in enumerate(arguments):
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if letter == ")" and depth == 0:
                arguments = arguments[place + 1:]
                break
        arguments = re.sub(r"=(default|delete|0)$", r" = \1", arguments)
        listed = ", ".join(shown)
        if len(re.sub(r"<[^>]*>", "", listed)) > 80:
            listed = "\n    " + ",\n    ".join(shown)
        return f"({listed}){html.escape(arguments)}"

    def signature(self, member):
        return as_written(self.declaration(member))

    def declaration(self, member):
        kind = member.get("kind")
        name = f"<b>{html.escape(member.findtext('name'))}</b>"
        if kind == "define":
            arguments = ", ".join(parameter.findtext("defname") or "" for parameter in member.findall("param"))
            return f"#define {name}" + (f"({arguments})" if member.find("param") is not None else "")
        type_ = self.text(member.find("type")).strip() if member.find("type") is not None else ""
        if kind == "enum":
            return f"enum {'class ' if member.get('strong') == 'yes' else ''}{name}" + (f" : {type_}" if type_ else "")
        if kind == "typedef":
            if (member.findtext("definition") or "").startswith("using "):
                return f"{self.template(member)}using {name} = {type_}"
            return f"typedef {type_} {name}{html.escape(member.findtext('argsstring') or '')}"
        words = [word for word, flag in (("static", member.get("static")), ("explicit", member.get("explicit")),
                                         ("virtual", "yes" if member.get("virt") in ("virtual", "pure-virtual") else "no"))
                 if flag == "yes"]
        if kind == "friend":
            words.append("friend")
        front = " ".join([*words, type_]).strip()
        front = f"{self.template(member)}{front} " if front else self.template(member)
        if kind == "variable":
            initializer = member.find("initializer")
            value = self.text(initializer) if initializer is not None else ""
            return f"{front}{name}{html.escape(member.findtext('argsstring') or '')}" + (f" {value}" if 0 < len(value) < 200 else "")
        return f"{front}{name}{self.parameters(member)}"

    def code(self, text):
        return f'<div class="highlight signature"><pre><code>{text}</code></pre></div>'

    def table(self, rows):
        shown = "".join(f'<tr id="{anchor}"><td><code>{code}</code></td><td>{text}</td></tr>' for anchor, code, text in rows)
        return f'<table class="names"><tbody>{shown}</tbody></table>'

    def member(self, member):
        """One declaration with its comment, without a heading."""
        shown = self.code(self.signature(member)) + self.description(member)
        values = [("", html.escape(value.findtext("name")), self.description(value)) for value in member.findall("enumvalue")]
        if values:
            shown += self.table(values).replace(' id=""', "")
        return shown

    def group(self, members, level):
        """Overloads, and anything else of one name, under one heading."""
        first = members[0]
        shown = heading(level, self.reference.anchors[first.get("id")][1], f"<code>{html.escape(first.findtext('name'))}</code>")
        for member in members:
            anchor = self.reference.anchors[member.get("id")][1]
            shown += f'<div class="name"{"" if member is first else f" id={chr(34)}{anchor}{chr(34)}"}>{self.member(member)}</div>'
        return shown

    def members(self, members, level):
        """Data members as a table, all else in the order of the header."""
        variables = [member for member in members if member.get("kind") == "variable"]
        shown = ""
        if variables:
            shown += self.table((self.reference.anchors[member.get("id")][1], self.signature(member), self.description(member))
                                for member in variables)
        groups = defaultdict(list)
        for member in members:
            if member.get("kind") != "variable":
                groups[member.findtext("name")].append(member)
        return shown + "".join(self.group(group, level) for group in groups.values())

    def compound(self, compound):
        name = re.sub(r"^bus::", "", compound.findtext("compoundname"))
        kind = compound.get("kind")
        shown = heading(2, self.reference.anchors[compound.get("id")][1], f"<code>{html.escape(name)}</code>")
        if kind == "concept":
            written = self.text(compound.find("initializer"))
            return shown + self.code(written) + self.description(compound)
        bases = [f"{base.get('prot')} {self.linked(base)}" for base in compound.findall("basecompoundref")
                 if not re.search(r"\b(detail|internal)::", base.text)]
        final = " final" if compound.get("final") == "yes" else ""
        derived = f" : {', '.join(bases)}" if bases else ""
        shown += self.code(as_written(f"{self.template(compound)}{kind} <b>{html.escape(name)}</b>{final}{derived}"))
        shown += self.description(compound)
        lines = sorted(public_members(compound), key=lambda member: int(member.find("location").get("line")))
        return shown + self.members(lines, 3)

    def linked(self, base):
        address = self.reference.address(base.get("refid") or "", self.header)
        name = html.escape(base.text)
        return f'<a href="{address}">{name}</a>' if address else name

    def page(self, header):
        self.header = header
        entries = [element for _, element in self.reference.entries.get(header, [])]
        shown = heading(1, "top", f"<code>&lt;{header}&gt;</code>")
        if header in self.reference.files:
            shown += self.description(self.reference.files[header])
        loose = []

        def put_loose():
            nonlocal loose, shown
            groups = defaultdict(list)
            for member in loose:
                groups[member.findtext("name")].append(member)
            shown += "".join(self.group(group, 2) for group in groups.values())
            loose = []

        for element in entries:
            if element.tag == "memberdef":
                loose.append(element)
            else:
                put_loose()
                shown += self.compound(element)
        put_loose()
        if not entries:
            shown += "<p>This header includes others and declares no name of its own.</p>"
        self.site.write(f"api/{header}.md", f"<{header}>", shown)

    def index(self):
        """A page with all headers, and what each declares."""
        self.header = "index"
        shown = heading(1, "top", "API reference")
        shown += ("<p>All public names, by the header that declares them. The search finds each by its name. Names in the "
                  "namespaces <code>detail</code> and <code>internal</code> may change at any time and are not shown.</p>")
        for folder, headers in self.folders().items():
            shown += heading(2, folder.replace("/", "-"), f"<code>{folder}/</code>") + "<table><tbody>"
            for header in headers:
                names = {}
                for _, element in self.reference.entries.get(header, []):
                    name = re.sub(r"^bus::", "", qualified(element))
                    if element.get("id") not in self.reference.owner:
                        names.setdefault(name, self.reference.address(element.get("id"), self.header))
                listed = ", ".join(f'<a href="{address}"><code>{html.escape(name)}</code></a>' for name, address in names.items())
                file = f'<a href="{header}.html"><code>{header.rpartition("/")[2]}</code></a>'
                shown += f"<tr><td>{file}</td><td>{listed}</td></tr>"
            shown += "</tbody></table>"
        self.site.write("api/index.md", "API reference", shown)

    def folders(self):
        found = defaultdict(list)
        for header in sorted(self.reference.headers):
            found[header.rpartition("/")[0]].append(header)
        return found

    def write_all(self):
        for header in sorted(self.reference.headers):
            self.page(header)
        self.index()

    def navigation(self):
        return [{"API reference": ["api/index.md", *({folder: [f"api/{header}.md" for header in headers]}
                                                     for folder, headers in self.folders().items())]}]
