"""Build one runnable file, the same bytes from the same source: python3 ci/build.py DIRECTORY."""

import hashlib
import io
import pathlib
import re
import sys
import zipfile

out = pathlib.Path(sys.argv[1])
out.mkdir(exist_ok=True)
version = re.search(
    r'"(.*)"', pathlib.Path("berths/__init__.py").read_text().splitlines()[-1]
).group(1)
archive = io.BytesIO(b"")
archive.write(b"#!/usr/bin/env python3\n")
with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as z:
    for source in sorted(pathlib.Path("berths").glob("*.py")):
        z.writestr(zipfile.ZipInfo(str(source)), source.read_bytes())
    main = "import runpy\nrunpy.run_module('berths', run_name='__main__')\n"
    z.writestr(zipfile.ZipInfo("__main__.py"), main)
package = out / "berths.pyz"
package.write_bytes(archive.getvalue())
package.chmod(0o755)
digest = hashlib.sha256(archive.getvalue()).hexdigest()
(out / "build.env").write_text(f"PACKAGE_VERSION={version}\nPACKAGE_SHA256={digest}\n")
