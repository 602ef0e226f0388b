"""Four short performances to try things with, of works in the public domain; :mod:`.build` plays them."""
