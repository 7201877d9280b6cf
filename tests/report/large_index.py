"""An explorer and a map with many passages, for a test and for benchmarks/page.py."""

from __future__ import annotations

import json
from pathlib import Path


def write_large_index(data: Path, n: int) -> None:
    """The page's index, stretched to n passages, each with a place on the map."""
    text = (data / "index.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index(",") + 1 : text.rindex(")")])
    document = dict(index["documents"][1], n=n)
    size = index["chunk"]
    index |= {"n": n, "documents": [document], "topic": [place % 3 for place in range(n)]}
    index["scored"] = {
        "host_state": {
            "at": [0] + [2] * (n // 2 - 1),
            "score": [50] * (n // 2),
            "fold": "1" * (n // 2),
        }
    }
    index["coded"] = {}
    (data / "index.js").write_text(f'peacetext.register("index",{json.dumps(index)});')
    drawn = {"place": [0] + [1] * (n - 1), "frame_x": [0, 4000], "frame_y": [0, 4000]}
    drawn |= {"x": [place * 7919 % 4001 for place in range(n)]}
    drawn |= {"y": [place * 104_729 % 4001 for place in range(n)]}
    (data / "map.js").write_text(f'peacetext.register("map",{json.dumps(drawn)});')
    for number in range(-(-n // size)):
        places = range(number * size, min(n, (number + 1) * size))
        chunk = {
            "id": [f"{document['id']}.{place}" for place in places],
            "sections": [""],
            "section": [0] * len(places),
            "roles": ["operative"],
            "role": [0] * len(places),
            "near": [[]] * len(places),
            "label": [str(place) for place in places],
            "text": [
                f"Requests the mission to protect and patrol {place} " * 6 for place in places
            ],
        }
        name = f"passages-{number:03d}"
        (data / f"{name}.js").write_text(f'peacetext.register("{name}",{json.dumps(chunk)});')
