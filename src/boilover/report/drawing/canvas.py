"""A plot of two axes and the marks on it. Colours, type and line widths are classes of the page's style sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from markupsafe import Markup, escape

WIDTH, HEIGHT = 460, 292
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 40
Tell = Callable[[float], str]


@dataclass(frozen=True)
class Axis:
    """A range, where it is marked, and what it is called; marks are values and their words."""

    low: float
    high: float
    marks: Sequence[tuple[float, str]]
    title: str

    @classmethod
    def of(cls, title: str, high: float, tell: Tell, low: float = 0.0, *, whole: bool = False) -> Axis:
        """Return an axis from ``low`` to ``high``, marked at round steps, ``whole`` ones where things are counted."""
        high = high if isfinite(high) and high > low else low + 1.0
        step = max(_step(high - low), 1.0 if whole else 0.0)
        places = [step * place for place in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]
        return cls(low, high, [(place, tell(place)) for place in places], title)

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Canvas:
    """An area of two axes, in the units of the drawing."""

    x: Axis
    y: Axis
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    bottom: float = BOTTOM
    top: float = TOP

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is drawn; what is beyond the axes stays at their ends."""
        across, up = (min(max(axis.share(value), 0), 1) for axis, value in ((self.x, x), (self.y, y)))
        return (
            self.left + across * (self.width - self.left - RIGHT),
            self.height - self.bottom - up * (self.height - self.bottom - self.top),
        )

    def line(self, xs: Iterable[float], ys: Iterable[float], kind: str) -> Markup:
        """Return a line through points, broken where one is not finite."""
        path, pen = "", "M"
        for x, y in zip(xs, ys, strict=True):
            if isfinite(x) and isfinite(y):
                across, down = self.at(x, y)
                path, pen = f"{path}{pen}{across:.1f} {down:.1f}", "L"
            else:
                pen = "M"
        return Markup('<path class="{}" d="{}"/>').format(kind, path) if path else Markup("")

    def dot(self, x: float, y: float, kind: str, radius: float = 3.4) -> Markup:
        """Return a dot."""
        return circle(*self.at(x, y), kind, radius)

    def bar(self, x: float, y: float, width: float, kind: str) -> Markup:
        """Return a bar from the foot to ``y``, in the middle of ``x``, ``width`` in the units of the axis."""
        (low, foot), (high, head) = self.at(x - width / 2, self.y.low), self.at(x + width / 2, y)
        return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            kind, low, head, max(high - low, 0.5), foot - head
        )

    def note(
        self, x: float, y: float, text: str, kind: str = "note", shift: tuple[float, float] = (0, 0)
    ) -> Markup:
        """Return words at a point, moved by ``shift``; the class ``end`` lets them end there."""
        across, down = self.at(x, y)
        return words(across + shift[0], down + shift[1], text, kind)

    def drawing(self, name: str, title: str, told: str, *marks: Markup) -> Markup:
        """Return the whole plot: ``name`` makes its ids, ``title`` and ``told`` are read to who does not see it."""
        return frame(name, title, told, self.width, self.height, self._axes(), *marks)

    def _axes(self) -> Markup:
        left, foot = self.at(self.x.low, self.y.low)
        right, head = self.at(self.x.high, self.y.high)
        parts = []
        for value, word in self.y.marks:
            _, down = self.at(self.x.low, value)
            parts.append(_segment("grid", left, down, right, down))
            parts.append(words(left - 7, down + 4, word, "tick end"))
        for value, word in self.x.marks:
            across, _ = self.at(value, self.y.low)
            parts.append(_segment("stub", across, foot, across, foot + 4))
            parts.append(words(across, foot + 17, word, "tick mid"))
        parts.append(_segment("foot", left, foot, right, foot))
        parts.append(words(left, head - 14, self.y.title, "axis"))
        parts.append(words(right, self.height - 5, self.x.title, "axis end"))
        return Markup("").join(parts)


def frame(name: str, title: str, told: str, width: float, height: float, *parts: Markup) -> Markup:
    """Return an image of parts, with a title and a description for who does not see it."""
    head = Markup(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-told" data-plot="{}">'
        '<title id="{}-title">{}</title><desc id="{}-told">{}</desc>'
    )
    opened = head.format(f"{width:g}", f"{height:g}", name, name, name, name, title, name, told)
    return opened + Markup("").join(parts) + Markup("</svg>")


def circle(x: float, y: float, kind: str, radius: float) -> Markup:
    """Return a circle at a place of the drawing."""
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:g}"/>').format(kind, x, y, radius)


def words(x: float, y: float, text: str, kind: str) -> Markup:
    """Return text at a place of the drawing."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(kind, x, y, escape(text))


def _segment(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<path class="{}" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(kind, x1, y1, x2, y2)


def _step(span: float, most: int = 5) -> float:
    """Return the least of 1, 2, 5, 10, … that parts a span into at most so many steps."""
    unit = 10.0 ** floor(log10(span / most))
    return next(unit * factor for factor in (1, 2, 5, 10) if span / (unit * factor) <= most + 1e-9)
