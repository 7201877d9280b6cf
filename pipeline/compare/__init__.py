"""Compare machine topics with the study's themes, and policy with interviews."""
