"""Product pictures of the demo city, drawn by code: one SVG of 400 by 400 per product, without text."""
