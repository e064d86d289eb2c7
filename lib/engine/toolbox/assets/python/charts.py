"""Converts the figures of `pyplot.show()` to charts: a picture and the values that were drawn.

Loaded only when the code imports matplotlib. `install` replaces `show`; charts are passed to a function, never printed
into the output. Numbers stay numbers, dates are milliseconds since 1970 (UTC), categories are their position, with the
text in the tick labels. A figure whose values cannot be read still has its picture.
"""

import base64
import io
import math
import os
import re

state = {"pyplot": None, "emit": None}


def choose_backend(matplotlib):
    """Without a display, draw into memory instead of trying every toolkit. A backend that the code chose stays."""
    if os.environ.get("MPLBACKEND") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    if not isinstance(dict.get(matplotlib.rcParams, "backend"), str):
        matplotlib.use("agg")


def install(pyplot, emit):
    """Make `show` emit charts. `emit` is called with one chart, a dictionary of JSON values."""
    state.update(pyplot=pyplot, emit=emit)
    pyplot.show = show
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Figure.show = lambda figure, *_arguments, **_named: show_figures([figure])
    plain_bxp = Axes.bxp

    def bxp(axes, stats, *arguments, **named):
        boxes = axes.__dict__.setdefault("_sandglass_boxes", [])
        boxes.extend(dict(box) for box in stats)
        return plain_bxp(axes, stats, *arguments, **named)

    Axes.bxp = bxp


def show(*_arguments, **_named):
    show_open_figures()


def show_open_figures():
    """Emit every open figure, oldest first, and close it, so that none is emitted twice."""
    pyplot = state["pyplot"]
    if pyplot is None:
        return
    show_figures([pyplot.figure(number) for number in pyplot.get_fignums()])


def show_figures(figures):
    for figure in figures:
        state["emit"](chart_of(figure))
        state["pyplot"].close(figure)


def is_figure(value):
    from matplotlib.figure import Figure

    return isinstance(value, Figure)


def chart_of(figure):
    """The chart of a figure, without empty fields; `elements` is None for an empty figure."""
    png = picture(figure)
    try:
        chart = read_figure(figure)
    except Exception:
        chart = {"type": "unknown", "elements": []}
    if png:
        chart["png"] = png
    return chart


def picture(figure):
    buffer = io.BytesIO()
    try:
        figure.savefig(buffer, format="png", dpi=100, bbox_inches="tight")
    except Exception:
        return None
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def read_figure(figure):
    subplots = [axes for axes in figure.axes if not is_colorbar(axes)]
    suptitle = figure._suptitle.get_text() if getattr(figure, "_suptitle", None) else ""
    if not subplots:
        return drop_empty({"type": "unknown", "title": suptitle}, elements=None)
    if len(subplots) == 1:
        chart = read_axes(subplots[0])
        if suptitle and "title" not in chart:
            chart["title"] = suptitle
        return chart
    return drop_empty(
        {"type": "composite_chart", "title": suptitle}, elements=[read_axes(axes) for axes in subplots]
    )


def is_colorbar(axes):
    return axes.get_label() == "<colorbar>" or getattr(axes, "_colorbar", None) is not None


def read_axes(axes):
    kind, elements = kind_and_elements(axes)
    chart = {"type": kind, "title": axes.get_title() or axes.get_title("left") or axes.get_title("right")}
    if kind != "pie":
        chart["x_label"] = axes.get_xlabel()
        chart["y_label"] = axes.get_ylabel()
        for letter, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            positions, labels = visible_ticks(axes, axis)
            chart[letter + "_ticks"] = positions
            chart[letter + "_tick_labels"] = labels
            chart[letter + "_scale"] = scale_of(axes, axis)
    return drop_empty(chart, elements=elements)


def drop_empty(chart, elements):
    chart = {name: value for name, value in chart.items() if value not in ("", None, [])}
    chart["elements"] = elements
    return chart


def kind_and_elements(axes):
    from matplotlib.collections import PathCollection
    from matplotlib.container import BarContainer
    from matplotlib.patches import Wedge

    boxes = axes.__dict__.get("_sandglass_boxes")
    if boxes:
        return "box_and_whisker", [read_box(box, axes, index) for index, box in enumerate(boxes)]
    wedges = [patch for patch in axes.patches if isinstance(patch, Wedge)]
    if wedges:
        return "pie", [read_wedge(wedge) for wedge in wedges]
    bars = [item for item in axes.containers if isinstance(item, BarContainer)]
    if bars:
        return "bar", [element for container in bars for element in read_bars(container, axes)]
    lines = [read_line(line, axes) for line in data_lines(axes)]
    clouds = [item for item in axes.collections if isinstance(item, PathCollection)]
    if clouds:
        return "scatter", [read_cloud(cloud, axes) for cloud in clouds] + lines
    return ("line", lines) if lines else ("unknown", [])


def data_lines(axes):
    """Lines with data, without `axhline` and the caps of error bars."""
    from matplotlib.container import ErrorbarContainer

    caps = {
        id(cap) for item in axes.containers if isinstance(item, ErrorbarContainer) for cap in item.lines[1]
    }
    return [line for line in axes.lines if line.get_transform() == axes.transData and id(line) not in caps]


def read_line(line, axes):
    points = pairs(line.get_xdata(orig=False), line.get_ydata(orig=False), axes)
    return {"label": str(line.get_label()), "points": points}


def read_cloud(cloud, axes):
    import numpy

    offsets = numpy.ma.filled(numpy.ma.asarray(cloud.get_offsets(), dtype=float), numpy.nan)
    return {"label": str(cloud.get_label()), "points": pairs(offsets[:, 0], offsets[:, 1], axes)}


def pairs(xs, ys, axes):
    """Points as [x, y], without those that have a value that is not a number: matplotlib does not draw them either."""
    x_number, y_number = reader_of(axes, axes.xaxis), reader_of(axes, axes.yaxis)
    points = ((x_number(x), y_number(y)) for x, y in zip(xs, ys))
    return [[x, y] for x, y in points if x is not None and y is not None]


def read_bars(container, axes):
    horizontal = getattr(container, "orientation", None) == "horizontal"
    axis = axes.yaxis if horizontal else axes.xaxis
    texts = dict(ticks_with_text(axis))
    for patch in container.patches:
        start, size = (patch.get_y(), patch.get_height()) if horizontal else (patch.get_x(), patch.get_width())
        length = patch.get_width() if horizontal else patch.get_height()
        value = finite(length)
        if value is None:
            continue
        middle = start + size / 2
        near = [position for position in texts if abs(position - middle) <= abs(size) / 2 + 1e-9]
        label = texts[min(near, key=lambda position: abs(position - middle))] if near else text_at(axes, axis, middle)
        yield {"label": label, "group": str(container.get_label()), "value": number_text(value)}


def ticks_with_text(axis):
    """Positions with a label that was set as text (categories, `set_xticks`), not formatted from a number."""
    from matplotlib.category import StrCategoryFormatter
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    if not isinstance(axis.get_major_formatter(), (FixedFormatter, FuncFormatter, StrCategoryFormatter)):
        return []
    labels = [label.get_text() for label in axis.get_ticklabels()]
    return [(float(position), text) for position, text in zip(axis.get_ticklocs(), labels) if text]


def read_wedge(wedge):
    # matplotlib before 3.8 computes with single precision.
    angle = round(float(wedge.theta2 - wedge.theta1), 4)
    return {
        "label": str(wedge.get_label()),
        "angle": angle,
        "radius": float(wedge.r),
        "value": number_text(round(angle / 3.6, 4)),
    }


def read_box(box, axes, index):
    label = box.get("label")
    if label is None or label == "":
        labels = [text for _position, text in ticks_with_text(axes.xaxis)]
        label = labels[index] if index < len(labels) else index + 1
    element = {
        "label": str(label),
        "min": finite(box.get("whislo")),
        "first_quartile": finite(box.get("q1")),
        "median": finite(box.get("med")),
        "third_quartile": finite(box.get("q3")),
        "max": finite(box.get("whishi")),
    }
    outliers = [finite(value) for value in box.get("fliers", ())]
    element["outliers"] = [value for value in outliers if value is not None]
    return {name: value for name, value in element.items() if value is not None and value != []}


def visible_ticks(axes, axis):
    """Positions and labels of the ticks in the visible part of an axis, in two lists of the same length."""
    low, high = sorted(axis.get_view_interval())
    slack = (high - low) * 1e-9
    read = reader_of(axes, axis)
    positions, labels = [], []
    for position, label in zip(axis.get_ticklocs(), axis.get_ticklabels()):
        number = read(position) if low - slack <= position <= high + slack else None
        if number is not None:
            positions.append(round_off(number))
            labels.append(plain_text(label.get_text()))
    return positions, labels


def round_off(number):
    """Ticks are multiples of a step that is not exact in binary: 0.30000000000000004 stands for 0.3."""
    return number if isinstance(number, int) else float(format(number, ".12g"))


def plain_text(text):
    """Tick labels of a logarithmic axis are TeX: only the power remains."""
    match = re.fullmatch(r"\$\\mathdefault\{(.*)\}\$", text)
    return match.group(1).replace("{", "").replace("}", "") if match else text


def scale_of(axes, axis):
    kind = converter_name(axis)
    if "Category" in kind:
        return "categorical"
    if is_date(axes, axis):
        return "datetime"
    if axis is axes.xaxis and axes.containers and ticks_with_text(axis):
        return "categorical"
    return axis.get_scale()


def converter_name(axis):
    get = getattr(axis, "get_converter", None)
    return type(get() if get else getattr(axis, "converter", None)).__name__


def is_date(axes, axis):
    return "Date" in converter_name(axis) or "Period" in converter_name(axis) or is_period(axes, axis)


def is_period(axes, axis):
    """pandas plots a time series by the ordinals of its periods and stores their length on the axes."""
    return axis is axes.xaxis and getattr(axes, "freq", None) is not None


def reader_of(axes, axis):
    """A function that converts a drawn value to a wire number, or to None."""
    if is_period(axes, axis):
        import pandas

        def period_number(value):
            number = finite(value)
            if number is None:
                return None
            return finite(pandas.Period(ordinal=int(number), freq=axes.freq).to_timestamp().timestamp() * 1000)

        return period_number
    if is_date(axes, axis):
        from matplotlib.dates import num2date

        def date_number(value):
            number = finite(value)
            return None if number is None else round(num2date(number).timestamp() * 1000)

        return date_number
    return finite


def text_at(axes, axis, value):
    if is_date(axes, axis):
        from matplotlib.dates import num2date

        return num2date(value).replace(tzinfo=None).isoformat()
    return number_text(value)


def finite(value):
    """A finite number, or None. Whole numbers become integers, without a fraction on the wire."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def number_text(value):
    number = finite(value)
    return "" if number is None else str(number) if isinstance(number, int) else format(number, ".12g")
