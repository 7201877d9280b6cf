"""Put everything on one page that opens offline."""
