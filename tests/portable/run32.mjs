// Runs one Python script under 32-bit MicroPython with the firmware's modules on its path:
//     node run32.mjs FIRMWARE_FOLDER SCRIPT [FILE...]
// The FILEs are copied beside the script, under their own names. What the script prints goes to stdout.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [firmware, script, ...files] = process.argv.slice(2);
const require = createRequire(path.join(process.cwd(), "anything.js"));
const entry = require.resolve("@micropython/micropython-webassembly-pyscript/micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(entry));

const lines = [];
const mp = await loadMicroPython({
  heapsize: 2 * 1024 * 1024,
  linebuffer: true,
  stdout: (line) => lines.push(line),
});
mp.FS.mkdir("/firmware");
mp.FS.mkdir("/firmware/pumpcore");
for (const name of fs.readdirSync(path.join(firmware, "pumpcore"))) {
  if (name.endsWith(".py")) {
    mp.FS.writeFile(`/firmware/pumpcore/${name}`, fs.readFileSync(path.join(firmware, "pumpcore", name)));
  }
}
for (const file of files) {
  mp.FS.writeFile(`/${path.basename(file)}`, fs.readFileSync(file));
}
mp.runPython("import sys\nsys.path.insert(0, '/firmware')");
try {
  mp.runPython(fs.readFileSync(script, "utf8"));
} finally {
  if (lines.length) process.stdout.write(lines.join("\n") + "\n");
}
