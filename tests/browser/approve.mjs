// A person's whole path: the link of a message, the page, the forms, the approval, and the page until it says "done".
// Input: link (of the message), fleet (a link), group (the replication group), picture (a folder, optional).

import { accessible, must, open, story } from "./browser.mjs";

story(async (context, { link, fleet, group }) => {
  const page = await open(context);
  const origin = new URL(link).origin;
  const checked = [];

  const arrived = await page.goto(link);
  must(arrived.status() === 200, `the link of the message answers ${arrived.status()}`);
  must(arrived.headers()["refresh"] === "15", "the page of a running migration loads itself again");
  await page.getByRole("link", { name: "Keep it as it is" }).click();
  await page.getByText("This page stays as it is.").waitFor();
  checked.push(...(await accessible(page, "migration")));

  await page.getByRole("link", { name: "Approve, put off or give up" }).click();
  await page.getByRole("heading", { name: "Approve the cutover" }).waitFor();
  checked.push(...(await accessible(page, "decision")));

  // By keyboard alone: from the first field of the first form on.
  await page.getByLabel("Your name").first().focus();
  await page.keyboard.type("Ada Lovelace");
  await page.keyboard.press("Tab");
  await page.keyboard.type(group);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The order was taken" }).waitFor();
  await page.getByText("Ordered by Ada Lovelace").waitFor();

  await page.getByRole("link", { name: "Back to the migration" }).click();
  // Nobody touches it: it loads itself again.
  await page.getByRole("heading", { level: 1, name: ": done" }).waitFor();
  await page.getByText("nothing can be ordered any more").waitFor();
  const body = await page.locator("body").innerText();
  must(body.includes("Ada Lovelace"), "the page names who approved");
  checked.push(...(await accessible(page, "done")));

  await page.goto(fleet);
  await page.getByRole("heading", { name: "Done or assessed (1)" }).waitFor();
  checked.push(...(await accessible(page, "fleet")));
  await page.getByRole("link", { name: new URL(link).pathname.split("/").pop() }).click();
  await page.getByText("This link allows to look").or(page.getByText("nothing can be ordered any more")).first().waitFor();

  must(page.complaints.length === 0, `the browser complains: ${page.complaints.join("\n")}`);
  const elsewhere = page.asked.filter((url) => new URL(url).origin !== origin);
  must(elsewhere.length === 0, `something was asked for elsewhere: ${elsewhere}`);
  return { checked };
});
