"""A page is read back: its text, its tags, and the cells of its tables."""

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "path", "use", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: its text, its tags, the cells of its tables; raises on a tag that is never closed."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.words, self.rows, self._open, self._cell = [], [], [], [], None
        self.feed(source)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._cell = []

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self._open.pop() == tag
        if tag in ("td", "th"):
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def row(self, *start):
        return next(row for row in self.rows if row[: len(start)] == list(start))
