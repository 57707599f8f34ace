// Sends a file in parts that each say where they begin: a broken connection goes on where it stopped.
(() => {
  const form = document.getElementById("drop");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const sending = form.querySelector(".sending");
  const bar = sending.querySelector("progress");
  const told = sending.querySelector("p");
  const fault = form.querySelector(".fault");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const PATIENCE = 8; // times that one part is tried, each wait twice the one before
  let busy = false;

  const wait = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
  const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;

  function show(here, all) {
    bar.value = (100 * here) / all;
    told.textContent = form.dataset.sending.replace("%a", megabytes(here)).replace("%b", megabytes(all));
  }

  async function ask(url, body, type) {
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    if (type) headers["Content-Type"] = type;
    const response = await fetch(url, { method: "POST", body, headers });
    if (response.redirected) { // signed out: the page itself says so
      location.reload();
      return new Promise(() => {});
    }
    if (response.status >= 500) throw new Error("try again");
    const said = (response.headers.get("Content-Type") || "").startsWith("application/json");
    const reply = said ? await response.json() : {};
    if (!response.ok && response.status !== 409) throw Object.assign(new Error("refused"), { refused: reply.message || form.dataset.broken });
    return reply;
  }

  async function patiently(what) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await what();
      } catch (error) {
        if (error.refused || tries === PATIENCE) throw error;
        told.textContent = form.dataset.trying;
        await wait(Math.min(2 ** tries, 30) / 2);
      }
    }
  }

  async function send(file) {
    if (busy || !file) return;
    busy = true;
    fault.hidden = true;
    sending.hidden = false;
    show(0, file.size || 1);
    try {
      const about = new URLSearchParams({ name: file.name, size: file.size });
      const place = await patiently(() => ask(form.action || location.href, about));
      let here = place.received;
      while (here < file.size) {
        const part = file.slice(here, here + Number(form.dataset.part));
        ({ received: here } = await patiently(() => ask(`${place.part}?start=${here}`, part, "application/octet-stream")));
        show(here, file.size);
      }
      location.assign(place.page);
    } catch (error) {
      sending.hidden = true;
      fault.hidden = false;
      fault.textContent = error.refused || form.dataset.broken;
      input.value = "";
      busy = false;
    }
  }

  input.addEventListener("change", () => send(input.files[0]));
  form.addEventListener("submit", (event) => { event.preventDefault(); send(input.files[0]); });
  for (const name of ["dragenter", "dragover"]) form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) form.classList.remove("over"); });
  form.addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("over"); send(event.dataTransfer.files[0]); });
  if (input.files.length) send(input.files[0]); // chosen before this script had come
})();
