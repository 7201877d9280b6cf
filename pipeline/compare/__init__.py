"""Compare machine topics with the article's themes, and policy with interviews."""
