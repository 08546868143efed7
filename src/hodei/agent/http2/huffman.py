"""Huffman decoding of header strings (RFC 7541, section 5.2 and appendix B).

The code is canonical: among codes of one length, and from one length to the next, codes
count upwards in the order of their symbols. The length of each symbol's code is therefore
all there is to know, and the tree is built from it when the first such string arrives.
"""

from __future__ import annotations

# Code length of each symbol, 0 to 255 and then EOS, as the character 96 places further.
_LENGTHS = (
    b"mw|||||||x~||~||||||||~|||||||||fjjlmfhkjjhkhfffeeefffffffghoflj"
    b"mfgggggggggggggggggggggghghmsmnfoefefefffeggfffefgfeefgggggoknm|"
    b"tvttvvvwvwwwwwxwxxvwxwwwwuvwvwwxvutvvwwuwvvxuvwwuuvuwvwwtvvvwvvw"
    b"zztsvwvyzzz{{zxysuz{{z{xuuzz|{{{txtuvuuwvvyyxxzwz{zz{{{{{|{{{{{z"
    b"~"
)
_EOS = 256
_SHORTEST = 5
_LONGEST = 30


class HuffmanError(ValueError):
    """A string that no encoder can have produced."""


class HuffmanTree:
    """Finds the symbol of a code; `built` once per process by `tree()`."""

    __slots__ = ("_symbols",)

    def __init__(self) -> None:
        # A code of n bits is looked up as the integer 1 followed by these bits, so that
        # codes which differ only by leading zeros stay apart.
        lengths = [character - 96 for character in _LENGTHS]
        self._symbols: dict[int, int] = {}
        code = 0
        previous = _SHORTEST
        for symbol in sorted(range(len(lengths)), key=lambda symbol: lengths[symbol]):
            code <<= lengths[symbol] - previous
            previous = lengths[symbol]
            self._symbols[1 << previous | code] = symbol
            code += 1

    def decode(self, data: bytes) -> bytes:
        """The decoded string. Raises HuffmanError for EOS or bad padding."""
        out = bytearray()
        code = 1
        for byte in data:
            for shift in (7, 6, 5, 4, 3, 2, 1, 0):
                code = code << 1 | byte >> shift & 1
                symbol = self._symbols.get(code)
                if symbol is None:
                    continue
                if symbol == _EOS:
                    raise HuffmanError("the end-of-string symbol inside a string")
                out.append(symbol)
                code = 1
        # What is left must be a strict prefix of EOS, shorter than a byte: all ones.
        if code.bit_length() > 8 or code & (code + 1):
            raise HuffmanError("padding is not a short run of ones")
        return bytes(out)


_trees: list[HuffmanTree] = []


def tree() -> HuffmanTree:
    """The tree, built at the first call."""
    if not _trees:
        _trees.append(HuffmanTree())
    return _trees[0]
