// Debian's Chromium, for the stories in this folder: started fresh, alone on this machine, ended with the story.
//
// A story is a program: JSON on standard input, JSON on standard output, an error message and exit code 1 where something
// is not as it must be. What was installed is in the folder that BROWSER_MODULES names (tests/local-cloud/setup.sh).

import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const require = createRequire(join(resolve(process.env.BROWSER_MODULES), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Ample for a busy machine; nothing waits this long when all is well.
export const LIMIT = 120_000;

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Tells a story with its input, and prints what it found. */
export async function story(tell) {
  const input = JSON.parse(readFileSync(0, "utf8"));
  const profile = mkdtempSync(join(tmpdir(), "browser-"));
  let context;
  try {
    context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      chromiumSandbox: false,
      args: ARGUMENTS,
    });
    context.setDefaultTimeout(LIMIT);
    console.log(JSON.stringify((await tell(context, input)) ?? {}));
  } catch (error) {
    console.error(error.stack ?? String(error));
    process.exitCode = 1;
  } finally {
    await context?.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** A page that keeps what the browser complains of, and every address that it asked for. */
export async function open(context) {
  const page = await context.newPage();
  page.complaints = [];
  page.asked = [];
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  page.on("request", (request) => page.asked.push(request.url()));
  return page;
}

/** Fails with a sentence. */
export function must(holds, sentence) {
  if (!holds) throw new Error(sentence);
}

/**
 * What axe finds serious or critical, on a light and a dark screen, wide and narrow. The page allows no script at all, so
 * axe is put into a world of its own, where the page's policy does not reach.
 */
export async function accessible(page, name) {
  const world = await page.context().newCDPSession(page);
  const checked = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      const { frameTree } = await world.send("Page.getFrameTree");
      const { executionContextId } = await world.send("Page.createIsolatedWorld", {
        frameId: frameTree.frame.id,
        worldName: "axe",
      });
      const { result, exceptionDetails } = await world.send("Runtime.evaluate", {
        contextId: executionContextId,
        awaitPromise: true,
        returnByValue: true,
        expression: `${axe}; axe.run(document).then((found) => ({
          rules: found.passes.length,
          wide: document.documentElement.scrollWidth > window.innerWidth,
          serious: found.violations
            .filter((each) => ["serious", "critical"].includes(each.impact))
            .map((each) => each.id + ": " + each.nodes.map((node) => node.html).join(" | ")),
        }))`,
      });
      const where = `${name}, ${colorScheme}, ${width} pixels`;
      must(!exceptionDetails, `${where}: axe did not run: ${JSON.stringify(exceptionDetails)}`);
      must(result.value.serious.length === 0, `${where}: ${result.value.serious.join("\n")}`);
      must(!result.value.wide, `${where}: the page is wider than the screen`);
      must(result.value.rules > 5, `${where}: axe looked at nothing`);
      checked.push(`${where}: ${result.value.rules} rules`);
    }
  }
  await world.detach();
  return checked;
}
