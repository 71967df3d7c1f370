"""Text from outside in Markdown, judged by a parser of GitHub's dialect."""

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from publisher.errors import printable
from publisher.markdown import code, link, plain, row

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BAD = ["|", "`", "``", "\\", "<b>", "</code>", "[x](https://e.example)", "![", "**", "__", "~~"]
BAD += ["&lt;", "&#91;", "<!--", "-->", "\n", "\n\n# x", "https://e.example", "www.e.example", "@"]
hostile = st.lists(st.sampled_from(BAD) | st.text(max_size=4)).map("".join)


class Page(HTMLParser):
    """The text and the tags of a page."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.addresses: list[str | None] = []
        self.feed(PARSER.render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


@given(hostile)
@example("a|b")
@example("</code><script>")
def test_text_in_a_table_is_shown_as_it_is(text: str) -> None:
    """One cell stays one cell, with no link, no markup and no HTML but ours."""
    head = "\n".join([row("a", "b"), row("---", "---")])
    page = Page(f"{head}\n{row(code(text), 'end')}")
    tags = ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "code", "td"]
    assert tags == page.tags
    shown = "".join(page.text.split())
    assert "ab" + "".join(printable(text).split()) + "end" == shown


@given(hostile)
def test_text_in_a_sentence_is_shown_as_it_is(text: str) -> None:
    """No link, no emphasis, no heading."""
    page = Page(f"So: {plain(text)}.")
    assert ["p"] == page.tags
    assert "".join(f"So:{printable(text)}.".split()) == "".join(page.text.split())


def test_what_github_links_by_itself_is_parted() -> None:
    """Mentions, issues and bare addresses: GitHub finds none of them in one piece."""
    assert "&#64;<!-- -->zoe &#35;<!-- -->1 www&#46;e.example" == plain("@zoe #1 www.e.example")


@given(hostile)
def test_a_link_leads_where_it_should(text: str) -> None:
    """An address that is odd cannot end the link, nor begin another."""
    page = Page(f"- {link(code('x'), f'https://e.example/{text}')} end")
    assert ["ul", "li", "a", "code"] == page.tags
    assert [True] == [str(a).startswith("https://e.example/") for a in page.addresses]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "/home/x", "", "file:///x", "https:///"]
)
def test_only_the_web_is_linked(address: str) -> None:
    """Anything else is shown without a link."""
    assert "x" == link("x", address)
