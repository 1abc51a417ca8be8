"""A clean tag: v1.2.3, and the version that the code says it is."""

import re
import sys

tag = sys.argv[1]
with open("berths/__init__.py", encoding="utf-8") as source:
    version = re.search(r'^__version__ = "(.*)"$', source.read(), re.MULTILINE).group(1)
if not re.fullmatch(r"v\d+\.\d+\.\d+", tag):
    sys.exit(f"tag {tag}: expected vMAJOR.MINOR.PATCH, for instance v{version}")
if tag != f"v{version}":
    sys.exit(f"tag {tag}: but berths/__init__.py says {version}; change one of them")
print(f"{tag} is clean")
