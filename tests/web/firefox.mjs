// Opens a log of many lines in Firefox over WebDriver BiDi and says which lines can be seen.
// Usage: node firefox.mjs ADDRESS LAST; prints one JSON object.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const puppeteer = require("puppeteer-core").default;
const [address, last] = process.argv.slice(2);

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: "/usr/bin/firefox-esr",
  headless: true,
  protocol: "webDriverBiDi",
  defaultViewport: null,
});
try {
  const page = await browser.newPage();
  const seen = () =>
    page.evaluate(() => {
      const box = document.querySelector(".log-scroll").getBoundingClientRect();
      return [...document.querySelectorAll(".log-row[data-line]")]
        .filter((row) => {
          const own = row.getBoundingClientRect();
          return own.bottom > box.top + 1 && own.top < box.bottom - 1;
        })
        .map((row) => Number(row.dataset.line));
    });
  const at = async (line) => {
    await page.waitForSelector(`[data-line="${line}"]`);
    return seen();
  };
  await page.goto(`${address}#L${last}`);
  const end = await at(last);
  await page.goto(`${address}#L${last / 2}`);
  const middle = await at(last / 2);
  await page.focus(".log-scroll");
  await page.keyboard.press("Home");
  const begin = await at(1);
  console.log(JSON.stringify({ end, middle, begin }));
} finally {
  await browser.close();
}
