// Makes the page live: local times, what is new since the last look, announcements, keys. All of it works without.
"use strict";

const lang = document.documentElement.lang;
const cards = () => [...document.querySelectorAll("article.card[data-alerted]")];
const newest = (found) => found.map((card) => card.dataset.alerted).sort(byTime).pop() || "";
const byTime = (a, b) => Date.parse(a) - Date.parse(b);
const after = (a, b) => Date.parse(a) > Date.parse(b);

function kept(store, key, value) {
  try {
    if (value !== undefined) store.setItem(key, value);
    return store.getItem(key) || "";
  } catch { // a browser may forbid it
    return "";
  }
}

function localTimes() {
  const shown = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[datetime*='T']")) {
    time.title = time.textContent;
    time.textContent = shown.format(new Date(time.dateTime));
  }
}

// The server groups by days of UTC; the headings become those of the reader's days, which the times show.
function localDays() {
  const headings = document.querySelectorAll("h2.day");
  const day = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short" }); // 2026-11-24
  let last = "";
  for (const card of headings.length ? cards() : []) {
    const date = day.format(new Date(card.querySelector("time").dateTime));
    if (date !== last) {
      const heading = document.createElement("h2");
      heading.className = "day";
      heading.textContent = last = date;
      card.before(heading);
    }
  }
  headings.forEach((heading) => heading.remove());
}

// What was alerted after the last visit is marked as new, as long as this tab is open.
function markFresh() {
  const looked = kept(localStorage, "looked");
  const since = kept(sessionStorage, "since") || kept(sessionStorage, "since", looked);
  const shown = newest(cards());
  if (shown && (!looked || after(shown, looked))) kept(localStorage, "looked", shown);
  if (!since) return;
  for (const card of cards()) {
    const label = card.querySelector(".fresh");
    if (label) label.hidden = !after(card.dataset.alerted, since);
  }
}

// Older cards that move up because others left, or down because others came, are nothing new.
const last = newest(cards());
let told = 0;

async function look() {
  let answer;
  try {
    answer = await fetch(location.href, { cache: "no-cache" });
  } catch {
    return; // the next look is soon
  }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const arrived = [...page.querySelectorAll("article.card[data-alerted]")].filter(
    (card) => !last || after(card.dataset.alerted, last),
  );
  announce(arrived);
}

// New cards are counted on a button in a corner; nothing that is being read moves.
function announce(arrived) {
  const button = document.getElementById("arrived");
  if (!button || !arrived.length) return;
  button.textContent = button.dataset.text.replace("{count}", arrived.length);
  button.hidden = false;
  if (arrived.length <= told) return;
  told = arrived.length;
  if (document.getElementById("sound").checked) beep();
  if (document.getElementById("notify").checked && Notification.permission === "granted") {
    const card = arrived[0];
    const title = card.querySelector(".who")?.textContent || "Borderwire";
    new Notification(title, { body: card.querySelector("mark")?.textContent || "", tag: "borderwire" });
  }
}

function beep() {
  const sound = new AudioContext();
  const tone = sound.createOscillator();
  const volume = sound.createGain();
  volume.gain.value = 0.1;
  tone.connect(volume).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.15);
}

function choices() {
  const section = document.querySelector("section.live");
  if (!section) return;
  section.hidden = false;
  for (const name of ["sound", "notify"]) {
    const box = document.getElementById(name);
    box.checked = kept(localStorage, name) === "yes";
    box.addEventListener("change", async () => {
      if (name === "notify" && box.checked && (!("Notification" in window) || (await Notification.requestPermission()) !== "granted")) {
        box.checked = false;
      }
      kept(localStorage, name, box.checked ? "yes" : "");
    });
  }
  document.getElementById("arrived").addEventListener("click", () => {
    kept(sessionStorage, "since", kept(localStorage, "looked"));
    scrollTo(0, 0);
    location.reload();
  });
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  const found = cards();
  const at = found.indexOf(document.activeElement?.closest("article.card"));
  if (event.key === "j" || event.key === "k") {
    const next = found[event.key === "j" ? Math.min(at + 1, found.length - 1) : Math.max(at - 1, 0)];
    next?.focus();
    next?.scrollIntoView({ block: "start" });
  } else if (event.key === "o" && at >= 0) {
    found[at].querySelector("a.go")?.click();
  }
}

localTimes();
localDays();
markFresh();
choices();
document.addEventListener("keydown", keys);
if (document.getElementById("arrived")) setInterval(look, 15000);
