"""Line charts as SVG: written by the bench, read in a browser or beside the text, in light and in dark.

One chart has a logarithmic x axis, a linear or logarithmic y axis, up to four series told apart by colour and by dash,
and upright marks with a word on them (the size of a cache). No fonts and no scripts are loaded: the reader's own sans
serif, and the reader's ``prefers-color-scheme``.
"""

from __future__ import annotations

import math
from html import escape

import msgspec

WIDTH, HEIGHT = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 24, 64, 56
_LIGHT = ("#ffffff", "#1f2328", "#d8dee4", "#0550ae", "#bc4c00", "#116329", "#8250df")
_DARK = ("#0d1117", "#e6edf3", "#30363d", "#79c0ff", "#ffa657", "#7ee787", "#d2a8ff")
_SHAPES = """\
text{font:13px system-ui,sans-serif}.title{font-weight:600;font-size:15px}.mark{stroke-dasharray:2 4}
.s{fill:none;stroke-width:2}"""
_DASHES = ("none", "8 4", "2 3", "10 3 2 3")


def _colours(ground: str, ink: str, grid: str, *series: str) -> str:
    lines = "".join(
        f".s{number}{{stroke:{colour}}}circle.s{number}{{fill:{colour}}}" for number, colour in enumerate(series)
    )
    return f".ground{{fill:{ground}}}text{{fill:{ink}}}.mark{{stroke:{ink}}}.grid{{stroke:{grid}}}{lines}"


_STYLE = f"{_SHAPES}\n{_colours(*_LIGHT)}\n@media(prefers-color-scheme:dark){{{_colours(*_DARK)}}}"


class Series(msgspec.Struct, frozen=True):
    name: str
    points: list[tuple[float, float]]


class Chart(msgspec.Struct, frozen=True):
    """``marks``: (x, word). Labels hold the unit. Points must be above 0 on a logarithmic axis."""

    title: str
    x_label: str
    y_label: str
    series: list[Series]
    log_y: bool = False
    marks: list[tuple[float, str]] = []


class _Axis(msgspec.Struct, frozen=True):
    """Values onto pixels. ``ticks`` are where a line and a number stand."""

    low: float
    high: float
    start: float
    end: float
    log: bool
    ticks: list[float]

    def at(self, value: float) -> float:
        low, high, here = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return round(self.start + (self.end - self.start) * (here - low) / (high - low), 1)


def _log_axis(values: list[float], start: float, end: float) -> _Axis:
    low = 10.0 ** math.floor(math.log10(min(values)) + 1e-9)
    high = max(10.0 ** math.ceil(math.log10(max(values)) - 1e-9), low * 10)
    decades = round(math.log10(high / low))
    return _Axis(low, high, start, end, True, [low * 10.0**step for step in range(decades + 1)])


def _linear_axis(values: list[float], start: float, end: float) -> _Axis:
    rough = max(values) / 5 or 1.0
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    count = math.ceil(max(values) / step) or 1
    return _Axis(0, count * step, start, end, False, [step * tick for tick in range(count + 1)])


def _number(value: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}" if value > 1e-3 or value == 0 else f"10^{round(math.log10(value))}"


def svg(chart: Chart) -> str:
    """The chart as a document of its own. Raises ``ValueError`` without a point."""
    every = [point for series in chart.series for point in series.points]
    if not every:
        raise ValueError(f"the chart {chart.title!r} has no point")
    x = _log_axis([point[0] for point in every], _LEFT, WIDTH - _RIGHT)
    y = (_log_axis if chart.log_y else _linear_axis)([point[1] for point in every], HEIGHT - _BOTTOM, _TOP)
    centre, middle = (_LEFT + WIDTH - _RIGHT) / 2, (_TOP + HEIGHT - _BOTTOM) / 2
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(chart.title)}</title><style>{_STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{_LEFT}" y="24">{escape(chart.title)}</text>',
        f'<text x="{centre}" y="{HEIGHT - 12}" text-anchor="middle">{escape(chart.x_label)}</text>',
        f'<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{escape(chart.y_label)}</text>',
    ]
    for tick in x.ticks:
        out.append(f'<path class="grid" d="M{x.at(tick)} {y.start}V{y.end}"/>')
        out.append(f'<text x="{x.at(tick)}" y="{y.start + 18}" text-anchor="middle">{_number(tick)}</text>')
    for tick in y.ticks:
        out.append(f'<path class="grid" d="M{x.start} {y.at(tick)}H{x.end}"/>')
        out.append(f'<text x="{x.start - 8}" y="{y.at(tick) + 4}" text-anchor="end">{_number(tick)}</text>')
    for at, word in chart.marks:
        if x.low <= at <= x.high:
            out.append(f'<path class="mark" d="M{x.at(at)} {y.start}V{y.end}"/>')
            out.append(f'<text x="{x.at(at) + 4}" y="{y.end + 14}">{escape(word)}</text>')
    for number, series in enumerate(chart.series):
        paint = f'class="s s{number}" stroke-dasharray="{_DASHES[number]}"'
        path = "L".join(f"{x.at(across)} {y.at(up)}" for across, up in series.points)
        key = _LEFT + 165 * number
        out.append(f'<path {paint} d="M{path}"/>')
        out += [f'<circle class="s{number}" cx="{x.at(a)}" cy="{y.at(b)}" r="2.5"/>' for a, b in series.points]
        out.append(f'<path {paint} d="M{key} 44h28"/><text x="{key + 34}" y="48">{escape(series.name)}</text>')
    return "\n".join([*out, "</svg>", ""])
