"""Text that cannot be read on a page as it stands: it is cut off, runs out of the window, lies over other text, or touches
the edge of its card.

All text that is shown is compared, line by line, by the boxes that the browser draws it in. What is left out: text for assistive
technology alone, what floats above the page on purpose (messages, open dialogs, a bar at the bottom), charts, which have tests of
their own, and rows of chips that scroll sideways on a phone.
"""

from __future__ import annotations

from playwright.sync_api import Page

SCROLLS_SIDEWAYS = ".tabs, .pick"

FIND = """(scrollsSideways) => {
  scrollTo(0, 0);
  const known = new Map();
  const about = (element) => {
    if (!known.has(element)) {
      const style = getComputedStyle(element);
      const above = element.parentElement ? about(element.parentElement) : { left: 0, right: innerWidth, aside: false };
      const box = element.getBoundingClientRect();
      const inner = { ...above };
      inner.aside ||= style.position === 'fixed' || style.clipPath !== 'none';
      inner.aside ||= style.position === 'sticky' && style.bottom !== 'auto';
      inner.aside ||= element.matches('svg, option, [popover], dialog');
      inner.aside ||= box.width <= 1.5 && style.overflowX !== 'visible';
      if (style.overflowX !== 'visible' && !element.matches('html, body') && style.display !== 'inline') {
        if (element.matches(scrollsSideways)) inner.aside = true;
        else if (style.textOverflow !== 'ellipsis') {
          inner.left = Math.max(above.left, box.left);
          inner.right = Math.min(above.right, box.right);
        } else inner.cut = { left: box.left, right: box.right, bottom: Infinity };  // says by itself that there is more
        if (style.webkitLineClamp !== 'none') {
          inner.left = above.left; inner.right = above.right;
          inner.cut = { left: box.left, right: box.right, bottom: box.bottom };
        }
      }
      known.set(element, inner);
    }
    return known.get(element);
  };
  const lines = [], found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const words = node.data.trim(), parent = node.parentElement;
    if (!words || parent.closest('script, style, template, noscript')) continue;
    if (!parent.checkVisibility({ visibilityProperty: true })) continue;
    if (parent.matches('details:not([open])')) continue; // closed: of its own text nothing is shown
    const where = about(parent);
    if (where.aside) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 2 || box.bottom < 0) continue;
      const cut = where.cut || { left: -Infinity, right: Infinity, bottom: Infinity };
      if (box.bottom > cut.bottom + 3) continue;
      const left = Math.max(box.left, cut.left), right = Math.min(box.right, cut.right);
      if (left < where.left - 1.5 || right > where.right + 1.5) {
        const [from, to, first, last] = [box.left, box.right, where.left, where.right].map(Math.round);
        const part = `${parent.tagName} ${parent.className}`;
        found.push(`cut off: ${words.slice(0, 60)} in ${part} (${from} to ${to}, room ${first} to ${last})`);
      }
      const card = parent.closest('.card'), hasEdge = card && getComputedStyle(card).borderLeftWidth !== '0px';  // none on paper
      const edge = hasEdge ? card.getBoundingClientRect().left : -Infinity;
      if (left < edge + 6) found.push(`touches the edge of its card: ${words.slice(0, 60)}`);
      lines.push({ left, right, top: box.top, bottom: box.bottom, node, words });
    }
  }
  lines.sort((one, other) => one.top - other.top);
  for (let first = 0; first < lines.length; first++) {
    const one = lines[first];
    for (let next = first + 1; next < lines.length && lines[next].top < one.bottom - 3; next++) {
      const other = lines[next];
      if (other.node === one.node) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (wide > 2 && high > 3) found.push(`overlap: ${one.words.slice(0, 40)} | ${other.words.slice(0, 40)}`);
    }
  }
  for (const sign of document.querySelectorAll('.search-field > .icon')) {
    const box = sign.getBoundingClientRect(), field = sign.parentElement.querySelector('input').getBoundingClientRect();
    if (box.width && (box.top < field.top || box.bottom > field.bottom)) found.push('the sign of a search lies beside its field');
  }
  return [...new Set(found)].slice(0, 12);
}"""


def text_in_the_way(page: Page) -> list[str]:
    """A sentence for each text that is cut off or lies over another; scrolls to the top, where nothing sticky covers the page."""
    found: list[str] = page.evaluate(FIND, SCROLLS_SIDEWAYS)
    return found
