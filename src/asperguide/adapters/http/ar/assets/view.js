"use strict";
(() => {
  const print = document.querySelector(".print");
  const player = print.querySelector("video");
  const at = `/api/v1/viewer/${print.dataset.id}`;
  const preview = print.dataset.preview === "yes";
  const told = new Set();

  function fresh() {
    if (crypto.randomUUID) return crypto.randomUUID();
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function sessionOf() {
    try {
      const kept = sessionStorage.getItem("view-session") || fresh();
      sessionStorage.setItem("view-session", kept);
      return kept;
    } catch {
      return fresh();
    }
  }

  const session = sessionOf();

  function tell(kind) {
    const video = player.dataset.video;
    const name = `${kind} ${video}`;
    if (preview || told.has(name)) return;
    told.add(name);
    const event = { id: fresh(), session, kind, at: new Date().toISOString(), ...(kind === "opened" ? {} : { video }) };
    const body = JSON.stringify({ events: [event] });
    const request = { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: true };
    fetch(`${at}/events`, request).catch(() => told.delete(name));
  }

  async function turn() {
    if (preview) return;
    const answer = await fetch(`${at}/manifest?session=${session}`);
    if (!answer.ok) return;
    const { video } = await answer.json();
    if (video.id === player.dataset.video || !player.paused || player.currentTime > 0) return;
    const here = (address) => new URL(address).pathname;
    player.dataset.video = video.id;
    player.width = video.width;
    player.height = video.height;
    player.poster = here(video.thumbnail_url).replace(/thumbnail$/, "poster");
    player.src = here(video.video_url);
    print.querySelector(".name").textContent = video.title;
    const seconds = Math.round(video.duration);
    print.querySelector(".length").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  player.addEventListener("play", () => tell("play"));
  player.addEventListener("ended", () => tell("complete"));
  tell("opened");
  turn().catch(() => {});
})();
