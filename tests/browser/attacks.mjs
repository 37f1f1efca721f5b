// What somebody with a bad link, or with a good one in the wrong place, gets. Input: link (one that acts), group, and
// refused: a list of {name, url, status, says} to open.

import { createServer } from "node:http";
import { must, open, story } from "./browser.mjs";

story(async (context, { link, group, refused }) => {
  const page = await open(context);
  const { origin, pathname, searchParams } = new URL(link);
  const decision = `${origin}${pathname}/decision?link=${encodeURIComponent(searchParams.get("link"))}`;

  for (const { name, url, status, says } of refused) {
    const answer = await page.goto(url);
    must(answer.status() === status, `${name}: answers ${answer.status()}, not ${status}`);
    await page.getByRole("heading", { level: 1, name: says }).waitFor();
    must((await page.locator("form").count()) === 0, `${name}: shows a form`);
  }

  // Opening everything that a scanner would, with a link that acts.
  for (const url of [link, decision, `${decision}&action=approve&by=scanner&confirm=${group}`]) {
    const answer = await page.goto(url);
    must(answer.status() === 200, `GET ${url} answers ${answer.status()}`);
  }

  // A form elsewhere, with the stolen link and a stolen ticket of a form that is open right now.
  await page.goto(decision);
  const ticket = await page.locator("input[name=ticket]").first().inputValue();
  const verdict = await page.locator("input[name=verdict]").first().inputValue();
  must(verdict !== "", "there is a verdict to approve");
  const fields = { action: "approve", link: searchParams.get("link"), ticket, verdict, by: "Mallory", confirm: group };
  const form = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
    .join("");
  const elsewhere = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<form method="post" action="${origin}${pathname}/decision">${form}<button>Win a prize</button></form>`);
  });
  await new Promise((listening) => elsewhere.listen(0, "127.0.0.1", listening));
  try {
    // Another name of this machine is another site; another port of the same is another origin of the same site.
    for (const host of ["localhost", "127.0.0.1"]) {
      await page.goto(`http://${host}:${elsewhere.address().port}/`);
      await page.getByRole("button", { name: "Win a prize" }).click();
      await page.getByRole("heading", { name: "This form was not sent from the page" }).waitFor();
    }
    // In a frame it shows nothing at all.
    await page.setContent(`<iframe src="${decision}"></iframe>`);
    const framed = page.frames().find((frame) => frame !== page.mainFrame());
    await framed.waitForURL(/^chrome-error:/);
  } finally {
    elsewhere.closeAllConnections();
    await new Promise((closed) => elsewhere.close(closed));
  }

  // A ticket of our own page, but for another verdict than was shown: a field is changed by hand.
  await page.goto(decision);
  const first = page.locator("form").first();
  await first.locator("input[name=by]").fill("Mallory");
  await first.locator("input[name=confirm]").fill(group);
  const cdp = await context.newCDPSession(page);
  await cdp.send("Runtime.evaluate", { expression: 'document.querySelector("input[name=verdict]").value = "00"' });
  await first.getByRole("button").click();
  await page.getByRole("heading", { name: "This form does not belong to this link" }).waitFor();
  return {};
});
