// The same form sent twice: the first is taken, the second is refused. Input: link (one that acts), group.

import { must, open, story } from "./browser.mjs";

story(async (context, { link, group }) => {
  const { origin, pathname, searchParams } = new URL(link);
  const decision = `${origin}${pathname}/decision?link=${encodeURIComponent(searchParams.get("link"))}`;
  const pages = [await open(context), await open(context)];
  // Both were opened, and filled in, while the verdict stood.
  for (const page of pages) {
    await page.goto(decision);
    const form = page.locator("form").first();
    await form.locator("input[name=by]").fill("Ada");
    await form.locator("input[name=confirm]").fill(group);
  }
  const said = [];
  for (const page of pages) {
    await page.locator("form").first().getByRole("button").click();
    said.push(await page.getByRole("heading", { level: 1 }).innerText());
    // The migration looks once more, so that the approval stands in its history.
    await page.goto(link);
    await page.getByText("Cutover approved by Ada").first().waitFor();
  }
  must(said[0] === "The order was taken", `the first says: ${said[0]}`);
  must(said[1] === "Nothing was ordered", `the second says: ${said[1]}`);
  return { said };
});
