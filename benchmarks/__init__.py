"""How fast the product is, as ratios that are taken in one run: ``make bench`` prints them."""
