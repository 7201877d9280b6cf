"""What the commands of `peacetext` do: tables in, text out."""
