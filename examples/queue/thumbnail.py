#!/usr/bin/env python3
"""A handler that stays (batch mode): a task a line in, an answer a line out.

    queue.types.thumbnail: {command: [python3, /usr/local/lib/jobping/thumbnail.py], batch: 10}
    find /srv/pictures -name '*.ppm' | jq -Rc '{file: .}' | jp-queue add thumbnail -

Halves plain portable pixmaps (P3) beside the original, to stay free of libraries.
"""
import json
import os
import sys


def halve(path):
    with open(path) as f:
        words = [w for line in f for w in line.partition("#")[0].split()]
    if words[0] != "P3":
        raise ValueError("not a plain pixmap (P3)")
    width, height, most = map(int, words[1:4])
    at = lambda x, y: words[4 + 3 * (y * width + x):][:3]
    rows = [" ".join(" ".join(at(x, y)) for x in range(0, width, 2)) for y in range(0, height, 2)]
    target = os.path.splitext(path)[0] + ".small.ppm"
    with open(target + ".tmp", "w") as f:
        f.write("P3 %d %d %d\n%s\n" % ((width + 1) // 2, (height + 1) // 2, most, "\n".join(rows)))
    os.rename(target + ".tmp", target)
    return target


for line in sys.stdin:
    task = json.loads(line)
    answer = {"id": task["id"], "status": "done"}
    try:
        answer["result"] = halve(task["payload"]["file"])
    except FileNotFoundError:
        answer.update(status="retry", retry_in="1m", error="the file is not there yet")
    except (KeyError, TypeError, ValueError, IndexError) as e:
        answer.update(status="dead", error=str(e))
    print(json.dumps(answer), flush=True)
