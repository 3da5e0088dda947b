// Run pytest in Pyodide, which is Python in a browser: 32 bits, no threads, no processes. node browser.mjs ROOT SITE ARGUMENTS...
import { loadPyodide } from "pyodide";

const [root, site, ...options] = process.argv.slice(2);
const python = await loadPyodide();
await python.loadPackage(["numpy", "pillow", "threadpoolctl"]);
for (const [host, inside] of [[root, "/repo"], [site, "/site"]]) {
  python.FS.mkdir(inside);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: host }, inside);
}
python.globals.set("options", python.toPy(options));
process.exit(python.runPython(`
import os, sys
sys.path[:0] = ["/site", "/repo/tests/small"]
sys.dont_write_bytecode = True
os.chdir("/repo")
import numpy, pytest
print(f"Python {sys.version.split()[0]} on {sys.platform}, {sys.maxsize.bit_length() + 1} bits, NumPy {numpy.__version__}")
plain = ["-p", "without_keras", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-o", "addopts=--import-mode=importlib"]
int(pytest.main([*plain, "-o", "timeout=0", *options]))
`));
