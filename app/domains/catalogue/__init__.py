"""What can be sold: categories, products with their food label, SKUs with weight, volume and temperature zone."""
