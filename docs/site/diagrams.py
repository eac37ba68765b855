"""Draws Mermaid's flowcharts and state diagrams with Graphviz, so that the site needs no script for them."""

import html
import re
import subprocess


class CannotDraw(Exception):
    """The text cannot be drawn. `line` counts from the fence's line."""

    def __init__(self, line, message):
        super().__init__(f"the site cannot draw this diagram: {message}. docs/site/diagrams.py knows flowcharts and state diagrams")
        self.line = line


# How a node begins and ends, and Graphviz's shape for it; the longer ones first.
SHAPES = [
    ("([", "])", {"shape": "box", "style": "rounded"}),
    ("[[", "]]", {"shape": "box", "peripheries": "2"}),
    ("[(", ")]", {"shape": "cylinder"}),
    ("((", "))", {"shape": "circle"}),
    ("{{", "}}", {"shape": "hexagon"}),
    ("[/", "/]", {"shape": "parallelogram"}),
    ("[", "]", {"shape": "box"}),
    ("(", ")", {"shape": "box", "style": "rounded"}),
    ("{", "}", {"shape": "diamond"}),
    (">", "]", {"shape": "cds"}),
]
ID = r"[A-Za-z0-9_]+(?:[-.][A-Za-z0-9_]+)*"
TEXT = r'"[^"]*"|(?![xo]\s)[^-.=>|\s](?:[^-.=>|]|(?<=\w)[-.=](?=\w))*?'
EDGE = re.compile(rf"""\s*(?P<from>[<xo])?(?:
      --+(?:\s*(?P<solid_text>{TEXT})\s*--+)?(?P<solid_to>[>xo-])
    | -\.+(?:\s*(?P<dotted_text>{TEXT})\s*\.+)?-(?P<dotted_to>[>xo])?
    | ==+(?:\s*(?P<thick_text>{TEXT})\s*==+)?(?P<thick_to>[>xo=])
    )(?:\|(?P<label>[^|]*)\|)?\s*""", re.X)
RANKS = {"TB": "TB", "TD": "TB", "BT": "BT", "LR": "LR", "RL": "RL"}


def text_of(label):
    """A label as it is read: without quotes, its breaks as \\n, its entities as what they mean."""
    label = label.strip()
    if len(label) > 1 and label[0] == label[-1] == '"':
        label = label[1:-1]
    label = re.sub(r"<br\s*/?>", "\n", label)
    label = re.sub(r"#(\d+);", r"&#\1;", label)
    label = re.sub(r"#([a-z]+);", r"&\1;", label)
    return html.unescape(re.sub(r"</?[a-z]+>", "", label))


def quoted(value):
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def attributes(values):
    return "[" + ", ".join(f"{key}={quoted(value)}" for key, value in values.items()) + "]" if values else ""


class Graph:
    """What both kinds of diagrams fill, and Graphviz's text of it."""

    def __init__(self):
        self.rank = "TB"
        self.nodes = {}
        self.home = {}  # node -> its group
        self.groups = {}  # id -> (title, the group around it)
        self.edges = []

    def node(self, name, group, **values):
        if name not in self.nodes:
            self.nodes[name] = {"label": name}
            self.home[name] = group
        self.nodes[name].update(values)
        return name

    def to_dot(self):
        lines = ["digraph {", f"rankdir={self.rank}; bgcolor=transparent; compound=true;",
                 'graph [fontname="Helvetica", fontsize=12, style="rounded,dashed", nodesep=0.3, ranksep=0.5];',
                 'node [fontname="Helvetica", fontsize=12, height=0.4, margin="0.15,0.08"];',
                 'edge [fontname="Helvetica", fontsize=10, arrowsize=0.7];']

        def put_group(group):
            lines.extend(f"{quoted(name)} {attributes(values)};" for name, values in self.nodes.items()
                         if self.home[name] == group and name not in self.groups)
            for name, (title, around) in self.groups.items():
                if around == group:
                    lines.append(f"subgraph {quoted('cluster_' + name)} {{ label={quoted(title)};")
                    put_group(name)
                    lines.append("}")

        put_group(None)
        lines.extend(self.edge_line(*edge) for edge in self.edges)
        return "\n".join([*lines, "}"])

    def edge_line(self, left, right, values):
        values = dict(values)
        ends = []
        for name, attribute in ((left, "ltail"), (right, "lhead")):
            if name in self.groups:  # Graphviz joins nodes only: the group's first one stands for it
                values[attribute] = f"cluster_{name}"
                name = self.first_in(name)
            ends.append(quoted(name))
        return f"{ends[0]} -> {ends[1]} {attributes(values)};"

    def first_in(self, group):
        for name in self.nodes:
            home = self.home[name]
            while home is not None and name not in self.groups:
                if home == group:
                    return name
                home = self.groups[home][1]
        raise CannotDraw(0, f"the group {group} is empty")


class Flowchart:
    def __init__(self):
        self.graph = Graph()
        self.classes = {}
        self.members = []  # (node, class)
        self.open = [None]

    def read_node(self, text, line):
        name = re.match(rf"\s*({ID})", text)
        if not name:
            raise CannotDraw(line, f"a node was expected at `{text.strip()}`")
        text = text[name.end():]
        values = {}
        if name[1] not in self.graph.nodes:
            values = {"shape": "box"}
        for begin, end, shape in SHAPES:
            if text.startswith(begin):
                inside = re.match(rf'{re.escape(begin)}\s*("[^"]*"|.*?)\s*{re.escape(end)}', text, re.S)
                if not inside:
                    raise CannotDraw(line, f"`{begin}` of node {name[1]} has no `{end}`")
                values = {"style": "", **shape, "label": text_of(inside[1])}
                text = text[inside.end():]
                break
        if kind := re.match(rf":::({ID})", text):
            self.members.append((name[1], kind[1]))
            text = text[kind.end():]
        if name[1] not in self.graph.groups:
            self.graph.node(name[1], self.open[-1], **values)
        return name[1], text

    def read_nodes(self, text, line):
        found = []
        while True:
            name, text = self.read_node(text, line)
            found.append(name)
            more = re.match(r"\s*&\s*", text)
            if not more:
                return found, text
            text = text[more.end():]

    def read_chain(self, text, line):
        left, text = self.read_nodes(text, line)
        while text.strip():
            edge = EDGE.match(text)
            if not edge:
                raise CannotDraw(line, f"an arrow was expected at `{text.strip()}`")
            right, text = self.read_nodes(text[edge.end():], line)
            values = {}
            kind = {"-": "solid", ".": "dotted", "=": "thick"}[re.sub(r"^[<xo]?-?(.).*", r"\1", edge[0].strip(), flags=re.S)]
            if label := edge["label"] or edge[f"{kind}_text"]:
                values["label"] = " " + text_of(label).replace("\n", "\n ")
            if kind == "dotted":
                values["style"] = "dashed"
            if kind == "thick":
                values["penwidth"] = "2"
            heads = {"<": "normal", ">": "normal", "o": "odot", "x": "tee"}
            values["arrowhead"] = heads.get(edge[f"{kind}_to"], "none")
            if edge["from"]:
                values.update(dir="both", arrowtail=heads[edge["from"]])
            self.graph.edges.extend((one, other, values) for one in left for other in right)
            left = right

    def read_line(self, text, line):
        if group := re.match(rf'subgraph\s+(?:({ID})\s*\[(.*)\]|(.+))$', text):
            title = text_of(group[2] or group[3])
            name = group[1] or title
            self.graph.groups[name] = (title, self.open[-1])
            self.open.append(name)
        elif text == "end":
            if len(self.open) == 1:
                raise CannotDraw(line, "`end` ends nothing")
            self.open.pop()
        elif kind := re.match(r"classDef\s+(\S+)\s+(.+)$", text):
            self.classes[kind[1]] = kind[2]
        elif kind := re.match(r"class\s+(\S+)\s+(\S+)$", text):
            self.members.extend((name, kind[2]) for name in kind[1].split(","))
        elif style := re.match(r"style\s+(\S+)\s+(.+)$", text):
            self.classes[f"style {style[1]}"] = style[2]
            self.members.append((style[1], f"style {style[1]}"))
        elif not re.match(r"direction\s|linkStyle\s|click\s", text):
            self.read_chain(text, line)

    def finish(self):
        if len(self.open) > 1:
            raise CannotDraw(0, f"the group {self.open[-1]} has no `end`")
        for name, kind in self.members:
            style = self.classes.get(kind, "")
            values = self.graph.nodes.get(name)
            if values is None:
                continue
            if width := re.search(r"stroke-width:\s*([\d.]+)", style):
                values["penwidth"] = str(float(width[1]) * 0.6)
            if "stroke-dasharray" in style:
                values["style"] = ",".join(filter(None, [values.get("style"), "dashed"]))
            if stroke := re.search(r"(?<![\w-])stroke:\s*(#[0-9a-fA-F]{3,6})", style):
                value = stroke[1]
                values["color"] = value if len(value) != 4 else "#" + "".join(2 * digit for digit in value[1:])
        return self.graph


class States:
    def __init__(self):
        self.graph = Graph()
        self.open = [None]
        self.ends = 0
        self.note = None  # (state, lines) of a note that is being read

    def state(self, name, line, *, ends=False):
        if name == "[*]":
            around = self.open[-1]
            shown = f"{'end' if ends else 'start'} of {around}"
            values = {"shape": "doublecircle" if ends else "circle", "style": "filled", "fillcolor": "black"}
            return self.graph.node(shown, around, label="", width="0.15", height="0.15", margin="0", fixedsize="true", **values)
        if not re.fullmatch(ID, name):
            raise CannotDraw(line, f"`{name}` is no name of a state")
        if name not in self.graph.nodes and name not in self.graph.groups:
            self.graph.node(name, self.open[-1], shape="box", style="rounded")
        return name

    def add_note(self, name, text):
        self.ends += 1
        note = self.graph.node(f"note {self.ends}", self.graph.home.get(name, self.open[-1]), label=text, shape="note", fontsize="10")
        self.graph.edges.append((name, note, {"style": "dotted", "arrowhead": "none"}))

    def read_line(self, text, line):
        if self.note:
            if text == "end note":
                self.add_note(self.note[0], "\n".join(self.note[1]))
                self.note = None
            else:
                self.note[1].append(text_of(text))
        elif edge := re.match(r"(\S+)\s*-->\s*([^\s:]+)\s*(?::\s*(.+))?$", text):
            label = {"label": " " + text_of(edge[3].replace("\\n", "\n")).replace("\n", "\n ")} if edge[3] else {}
            self.graph.edges.append((self.state(edge[1], line), self.state(edge[2], line, ends=True), label))
        elif note := re.match(rf"note\s+(?:right|left)\s+of\s+({ID})\s*(?::\s*(.+))?$", text):
            self.state(note[1], line)
            if note[2]:
                self.add_note(note[1], text_of(note[2]))
            else:
                self.note = (note[1], [])
        elif group := re.match(rf'state\s+(?:"([^"]*)"\s+as\s+)?({ID})\s*\{{$', text):
            self.graph.nodes.pop(group[2], None)
            self.graph.groups[group[2]] = (text_of(group[1] or group[2]), self.open[-1])
            self.open.append(group[2])
        elif text == "}":
            if len(self.open) == 1:
                raise CannotDraw(line, "`}` ends nothing")
            self.open.pop()
        elif choice := re.match(rf"state\s+({ID})\s*<<(choice|fork|join)>>$", text):
            self.graph.node(choice[1], self.open[-1], label="", shape="diamond", width="0.3", height="0.3")
        elif named := re.match(rf'state\s+"([^"]*)"\s+as\s+({ID})$', text):
            self.graph.nodes[self.state(named[2], line)]["label"] = text_of(named[1])
        elif named := re.match(rf"({ID})\s*:\s*(.+)$", text):
            self.graph.nodes[self.state(named[1], line)]["label"] = text_of(named[2].replace("\\n", "\n"))
        elif re.fullmatch(rf"(?:state\s+)?{ID}", text):
            self.state(text.split()[-1], line)
        elif rank := re.match(r"direction\s+(\w+)$", text):
            if self.open[-1] is None:
                self.graph.rank = RANKS[rank[1]]
        else:
            raise CannotDraw(line, f"`{text}` is not understood")

    def finish(self):
        if len(self.open) > 1:
            raise CannotDraw(0, f"the state {self.open[-1]} has no `}}`")
        return self.graph


def to_graph(text):
    reader = None
    for line, written in enumerate(text.split("\n"), 1):
        written = re.sub(r"\s*%%.*$", "", written).strip().rstrip(";")
        if not written:
            continue
        if reader is not None:
            reader.read_line(written, line)
        elif start := re.fullmatch(r"(?:flowchart|graph)\s+(TB|TD|BT|LR|RL)", written):
            reader = Flowchart()
            reader.graph.rank = RANKS[start[1]]
        elif re.fullmatch(r"stateDiagram(?:-v2)?", written):
            reader = States()
        else:
            raise CannotDraw(line, f"`{written}` begins another kind")
    if reader is None:
        raise CannotDraw(0, "it is empty")
    return reader.finish()


def run_dot(dot):
    made = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise CannotDraw(0, f"dot says: {made.stderr.strip()}")
    svg = made.stdout[made.stdout.index("<svg"):]
    return svg, int(re.search(r'width="(\d+)pt"', svg)[1])


def draw(text):
    """The diagram as SVG, in the colours of the text around it."""
    graph = to_graph(text)
    svg, width = run_dot(graph.to_dot())
    if width > 1000 and graph.rank in ("LR", "RL"):  # wider than a page: downwards, if that is narrower
        graph.rank = "TB"
        svg = min((svg, width), run_dot(graph.to_dot()), key=lambda made: made[1])[0]
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.S)
    svg = re.sub(r"<title>.*?</title>\n?", "", svg, flags=re.S)
    svg = re.sub(r' id="[^"]*"', "", svg)
    svg = re.sub(r'\b(fill|stroke)="black"', r'\1="currentColor"', svg)
    svg = re.sub(r"<text ([^>]*)>", lambda match: "<text " + match[1] + ("" if "fill=" in match[1] else ' fill="currentColor"') + ">", svg)
    svg = re.sub(r'<svg width="(\d+)pt" height="\d+pt"', r'<svg role="img" aria-label="diagram" style="width: \1pt"', svg)
    return f'<div class="diagram">{svg.strip()}</div>'
