"""How much somebody has written, whatever he pads it with."""

import unicodedata

# Nobody reads on to find out whether a text is real.
LOOKED_AT = 2000
# A text of fewer different letters says nothing, however long it is.
LETTERS = 3


def essence(text):
    """Letters and digits of a text, without blanks, marks that nobody sees, and capitals.

    :param str text: plain text, may be None
    :rtype: str
    """
    folded = unicodedata.normalize("NFKC", (text or "")[:LOOKED_AT]).casefold()
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] in "LN")


def weight(text):
    """Number of letters and digits of a text; what is only repeated counts once.

    :param str text: plain text, may be None
    :rtype: int
    """
    letters = essence(text)
    different = len(set(letters))
    return different if different < LETTERS else _unit(letters)


def _unit(letters):
    """Length of the shortest beginning that, written again and again, gives these letters."""
    # How much of the beginning comes again before each letter (Knuth, Morris and Pratt).
    again, length = [0], 0
    for letter in letters[1:]:
        while length and letter != letters[length]:
            length = again[length - 1]
        length += letter == letters[length]
        again.append(length)
    unit = len(letters) - again[-1]
    return unit if unit * 2 <= len(letters) else len(letters)
