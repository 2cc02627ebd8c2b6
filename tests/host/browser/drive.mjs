// A page in headless Chromium, driven from a test, a line at a time:
//     node drive.mjs CHROMIUM URL light|dark
// A line of stdin is the body of a function of `page`, as a JSON string; a line of stdout is what it gives, as
// {"value": ...} or {"error": "..."}.
import path from "node:path";
import readline from "node:readline";
import { createRequire } from "node:module";

const [executablePath, url, colorScheme] = process.argv.slice(2);
const { chromium } = createRequire(path.join(process.cwd(), "anything.js"))("playwright-core");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] }); // tests may run as root
const page = await browser.newPage({ viewport: { width: 1180, height: 700 }, colorScheme });
await page.goto(url);

for await (const line of readline.createInterface({ input: process.stdin })) {
  const told = {};
  try {
    told.value = (await new Function("page", `return (async () => { ${JSON.parse(line)} })()`)(page)) ?? null;
  } catch (error) {
    told.error = String(error);
  }
  process.stdout.write(JSON.stringify(told) + "\n");
}
await browser.close();
