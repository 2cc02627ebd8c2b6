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
for (const folder of ["pumpcore", "board"]) {
  mp.FS.mkdir(`/firmware/${folder}`);
  for (const name of fs.readdirSync(path.join(firmware, folder))) {
    if (name.endsWith(".py")) {
      mp.FS.writeFile(`/firmware/${folder}/${name}`, fs.readFileSync(path.join(firmware, folder, name)));
    }
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
