"""Draw the book's mark, a network whose layers narrow, into _static: favicon.svg and logo.svg.

python tools/draw_logo.py
"""

from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "_static"
WIDTHS = (24, 18, 12, 6)  # of the bars, in a square of 32
HEIGHT, STEP, TOP, SIDE = 3.4, 6, 6, 32
BLUE = "#0f52b3"
OPEN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}">'


def bars():
    """One bar a layer, the widest at the top."""
    shapes = (
        f'<rect x="{(SIDE - width) // 2}" y="{TOP + STEP * layer}" width="{width}" height="{HEIGHT}"/>'
        for layer, width in enumerate(WIDTHS)
    )
    return f'<g fill="#fff">{"".join(shapes)}</g>'


def favicon():
    """The mark alone."""
    return f'{OPEN.format(SIDE, SIDE)}<rect width="{SIDE}" height="{SIDE}" rx="5" fill="{BLUE}"/>{bars()}</svg>\n'


def logo():
    """The mark with room around it, as the side bar shows it above the title."""
    mark = favicon().removeprefix(OPEN.format(SIDE, SIDE)).removesuffix("</svg>\n")
    return f'{OPEN.format(120, 44)}<g transform="translate(44 6)">{mark}</g></svg>\n'


def main():
    """Write both files."""
    for name, text in (("favicon", favicon()), ("logo", logo())):
        (STATIC / f"{name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
