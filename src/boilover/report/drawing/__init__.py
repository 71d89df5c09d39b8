"""Drawings as inline SVG: small, sharp at any size, in the page's own type, and coloured by its styles."""
