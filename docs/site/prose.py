"""Turns Doxygen's XML of a comment into HTML."""

import html

WRAPPED = {"computeroutput": "code", "emphasis": "em", "bold": "strong", "superscript": "sup", "subscript": "sub",
           "itemizedlist": "ul", "orderedlist": "ol", "listitem": "li", "table": "table", "row": "tr", "entry": "td",
           "blockquote": "blockquote", "preformatted": "pre", "verbatim": "pre", "programlisting": "pre"}
LETTERS = {"sp": " ", "nonbreakablespace": "&nbsp;", "ndash": "&ndash;", "mdash": "&mdash;", "linebreak": "<br>", "hellip": "&hellip;",
           "lsquo": "&lsquo;", "rsquo": "&rsquo;", "ldquo": "&ldquo;", "rdquo": "&rdquo;", "hruler": "<hr>", "anchor": "",
           "times": "&times;", "micro": "&micro;", "larr": "&larr;", "rarr": "&rarr;", "le": "&le;", "ge": "&ge;", "copy": "&copy;"}
PASSED = ("briefdescription", "detaileddescription", "type", "defval", "initializer", "requiresclause", "highlight", "parameterdescription")
TITLES = {"return": "Returns", "see": "See also", "note": "Note", "warning": "Warning", "pre": "Before", "post": "After",
          "since": "Since", "attention": "Attention", "remark": "Remark"}
BLOCKS = ("itemizedlist", "orderedlist", "table", "blockquote", "preformatted", "verbatim", "programlisting", "simplesect",
          "parameterlist")


class UnknownElement(Exception):
    pass


def inside(element, address):
    parts = [html.escape(element.text or "", quote=False)]
    for child in element:
        parts.append(inline(child, address))
        parts.append(html.escape(child.tail or "", quote=False))
    return "".join(parts)


def inline(element, address):
    """One element as HTML. address(id) is the link to a name, or empty."""
    tag = element.tag
    if tag == "para":
        return paragraphs(element, address)
    if tag in WRAPPED:
        return f"<{WRAPPED[tag]}>{inside(element, address)}</{WRAPPED[tag]}>"
    if tag in LETTERS:
        return LETTERS[tag]
    if tag in PASSED:
        return inside(element, address)
    if tag == "codeline":
        return inside(element, address) + "\n"
    if tag == "ref":
        target = address(element.get("refid"))
        shown = inside(element, address)
        return f'<a href="{html.escape(target)}">{shown}</a>' if target else shown
    if tag == "ulink":
        return f'<a href="{html.escape(element.get("url"))}">{inside(element, address)}</a>'
    if tag == "simplesect":
        return f"<p><strong>{TITLES.get(element.get('kind'), element.get('kind'))}</strong></p>{inside(element, address)}"
    if tag == "parameterlist":
        items = "".join(f"<li>{', '.join(f'<code>{html.escape(name.text or str())}</code>' for name in item.iter('parametername'))}: "
                        f"{inline(item.find('parameterdescription'), address)}</li>" for item in element.findall("parameteritem"))
        return f"<ul>{items}</ul>"
    raise UnknownElement(f"Doxygen wrote <{tag}>, which docs/site/prose.py does not know: add it there")


def paragraphs(element, address):
    """A paragraph, cut where a list or a block stands in it: HTML has none inside of <p>."""
    parts, line = [], html.escape(element.text or "", quote=False)
    for child in element:
        if child.tag in BLOCKS:
            parts += [f"<p>{line.strip()}</p>" if line.strip() else "", inline(child, address)]
            line = ""
        else:
            line += inline(child, address)
        line += html.escape(child.tail or "", quote=False)
    return "".join([*parts, f"<p>{line.strip()}</p>" if line.strip() else ""])


def blocks(element, address):
    return inside(element, address).strip()
