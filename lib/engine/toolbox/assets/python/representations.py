"""Representations of a value by media type, for clients that can display more than text."""

import base64

TABLE = "application/vnd.sandglass.table+json"
MAX_TEXT = 1 << 20
MAX_BYTES = 8 << 20
MAX_ROWS = 1000
MAX_COLUMNS = 200

METHODS = (
    ("_repr_html_", "text/html", False),
    ("_repr_markdown_", "text/markdown", False),
    ("_repr_latex_", "text/latex", False),
    ("_repr_svg_", "image/svg+xml", False),
    ("_repr_png_", "image/png", True),
    ("_repr_jpeg_", "image/jpeg", True),
    ("_repr_json_", "application/json", False),
)


def represent(value):
    """All representations of a value. `text/plain` is always included; binary ones are base64; `omitted` maps each
    representation that exceeds a size limit to its size in characters."""
    data = {"text/plain": plain(value)}
    omitted = {}
    if not isinstance(value, type):
        gather(value, data)
        table = data_frame(value)
        if table is not None:
            data[TABLE] = table
    if len(data["text/plain"]) > MAX_TEXT:
        omitted["text/plain"] = len(data["text/plain"])
        data["text/plain"] = data["text/plain"][:MAX_TEXT]
    for kind in list(data):
        if isinstance(data[kind], str) and len(data[kind]) > MAX_BYTES:
            omitted[kind] = len(data.pop(kind))
    return {"representations": data, "omitted": omitted}


def plain(value):
    return repr(value)


def gather(value, data):
    bundle = call(value, "_repr_mimebundle_")
    if isinstance(bundle, tuple):
        bundle = bundle[0]
    if isinstance(bundle, dict):
        for kind, content in bundle.items():
            put(data, str(kind), content)
    for method, kind, _binary in METHODS:
        if kind not in data:
            put(data, kind, call(value, method))


def call(value, method):
    """Call a representation method. If the method fails, its representation is left out."""
    function = getattr(type(value), method, None)
    if function is None:
        return None
    try:
        return function(value)
    except Exception:
        return None


def put(data, kind, content):
    if isinstance(content, tuple):
        content = content[0] if content else None
    if isinstance(content, (bytes, bytearray)):
        content = base64.b64encode(content).decode("ascii")
    if isinstance(content, str) or (kind.endswith("json") and isinstance(content, (dict, list))):
        data[kind] = content


def data_frame(value):
    """The table of a pandas or polars frame or series, limited in rows and columns; it contains the full size."""
    package = type(value).__module__.partition(".")[0]
    name = type(value).__name__
    try:
        if package == "pandas" and name == "Series":
            value, name = value.to_frame(), "DataFrame"
        if package == "pandas" and name == "DataFrame":
            return pandas_table(value)
        if package == "polars" and name == "Series":
            value, name = value.to_frame(), "DataFrame"
        if package == "polars" and name == "DataFrame":
            return polars_table(value)
    except Exception:
        return None
    return None


def pandas_table(frame):
    part = frame.iloc[:MAX_ROWS, :MAX_COLUMNS]
    index = [cell(item) for item in part.index.tolist()]
    columns = [
        {"name": str(label), "type": str(part.dtypes.iloc[position])} for position, label in enumerate(part.columns)
    ]
    values = [part.iloc[:, position].tolist() for position in range(len(columns))]
    rows = [[cell(column[row]) for column in values] for row in range(len(part))]
    return table(columns, index, rows, frame.shape)


def polars_table(frame):
    part = frame[:MAX_ROWS, :MAX_COLUMNS]
    columns = [{"name": str(label), "type": str(kind)} for label, kind in zip(part.columns, part.dtypes)]
    rows = [[cell(item) for item in row] for row in part.rows()]
    return table(columns, None, rows, frame.shape)


def table(columns, index, rows, shape):
    return {
        "columns": columns,
        "index": index,
        "rows": rows,
        "totalRows": int(shape[0]),
        "totalColumns": int(shape[1]),
        "truncated": shape[0] > len(rows) or shape[1] > len(columns),
    }


def cell(item):
    """A JSON value. Dates, objects and numbers that are not exact in JSON become text, missing values null."""
    if item is None or isinstance(item, (bool, str)):
        return item
    if isinstance(item, int):
        return item if -(2**53) < item < 2**53 else str(item)
    if isinstance(item, float):
        return item if item - item == 0 else None if item != item else str(item)
    if type(item).__name__ in ("NaTType", "NAType"):
        return None
    isoformat = getattr(item, "isoformat", None)
    if callable(isoformat):
        return isoformat()
    return str(item)
