"""flake8's lines as GitLab's code quality report."""

import hashlib
import json
import re
import sys

issues = []
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        found = re.match(r"(?:\./)?(.*?):(\d+):\d+: (\S+) (.*)", line)
        if found:
            path, number, check, text = found.groups()
            issues.append(
                {
                    "description": text,
                    "check_name": check,
                    "severity": "major" if check[0] in "EF" else "minor",
                    "fingerprint": hashlib.sha256(f"{path}:{check}:{text}".encode()).hexdigest(),
                    "location": {"path": path, "lines": {"begin": int(number)}},
                }
            )
json.dump(issues, sys.stdout, indent=1)
