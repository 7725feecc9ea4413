"""Cuts STIX Two Math down to what labels of figures need.

    python3 subset.py STIXTwoMath-Regular.woff2 STIXTwoMath-subset.ttf

Needs fonttools (and brotli for woff2 input). The same input gives the same bytes.
"""

import sys

from fontTools import subset

RANGES = [
    (0x0020, 0x007E),  # Latin
    (0x00A0, 0x017F),  # Latin-1 and Latin Extended-A: names of people in labels
    (0x0300, 0x0308),  # accents: tilde, hat, bar, dot, ...
    (0x0370, 0x03FF),  # Greek
    (0x2010, 0x2044),  # dashes, quotation marks, double bar, primes
    (0x2070, 0x209C),  # superscripts and subscripts of plain text
    (0x2100, 0x214F),  # R, N, h, ...
    (0x2190, 0x21D5),  # arrows
    (0x2200, 0x22FF),  # operators and relations
    (0x2308, 0x230B),  # ceilings and floors
    (0x27E8, 0x27EB),  # angle brackets
    (0x2A7D, 0x2A7E),  # slanted <= and >=
    (0x1D434, 0x1D467),  # italic Latin
    (0x1D49C, 0x1D4CF),  # script Latin
    (0x1D538, 0x1D56B),  # double-struck: E, P, R
    (0x1D6A4, 0x1D6A5),  # dotless i, j
    (0x1D6E2, 0x1D71B),  # italic Greek
]


def main(source: str, target: str) -> None:
    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False  # glyphs leave as outlines; hints would be dead weight
    options.drop_tables += ["DSIG", "GSUB"]
    options.name_IDs = ["*"]  # copyright and licence stay inside the file
    options.notdef_outline = True
    options.recalc_timestamp = False
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for first, last in RANGES for c in range(first, last + 1)])
    subsetter.subset(font)
    font.flavor = None
    subset.save_font(font, target, options)


main(sys.argv[1], sys.argv[2])
