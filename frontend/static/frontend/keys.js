// One key per action. A key presses what carries it as `data-key`: first in the marked row and its details,
// then in the card, then in the bar. Keys rest while a person writes and can be switched off.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { kept, answer } = window.tandem;
  const root = document.documentElement;

  const typing = (target) => target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");

  function onKey(event) {
    if (!answer.form() || root.classList.contains("keyless")) return;
    if (event.isComposing || event.altKey || $("dialog[open]")) return;
    const { target, key } = event;
    if (typing(target)) {
      if (key === "Escape") target.blur();
      if (key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (key === "Escape" && drawer()?.classList.contains("open")) return toggleDrawer(event);
    if (key === "Enter") return target.closest("a, button, summary") ? undefined : submit(event);
    if (key === "ArrowUp" || key === "ArrowDown") return onArrow(event);
    if (key.length === 1) press(event, event.shiftKey && /^[a-z]$/i.test(key) ? `shift+${key.toLowerCase()}` : key.toLowerCase());
  }

  // Up and down belong to whatever scrolls under the focus; anywhere else they change the marked row.
  function onArrow(event) {
    const scroller = event.target.closest(".response, .drawer, [data-scrolls], pre, .wide");
    if (answer.slots().length < 2 || (scroller && !event.target.matches("input"))) return;
    event.preventDefault();
    answer.step(event.key === "ArrowUp" ? -1 : 1);
  }

  const usable = (element) => element.getClientRects().length > 0;

  function press(event, key) {
    const carrying = `[data-key="${CSS.escape(key)}"]`;
    const now = answer.marked();
    const part = now && answer.block(now);
    const near = part ? [$(carrying, now), $(`[data-slot]${carrying}`, part), $(`.apart${carrying}`, part), answer.detailOf(part) && $(carrying, answer.detailOf(part))] : [];
    const found = near.find(Boolean) || $$(`button${carrying}, a${carrying}`).find(usable);
    if (!found) return;
    event.preventDefault();
    const control = found.matches("label") ? $("input, textarea", found) : found;
    if (found.matches("[data-slot]")) answer.mark(found, true);
    else if (control.matches("textarea")) control.focus();
    else if (!control.disabled) control.click();
  }

  // Enter goes to what is still open; when nothing is, it submits.
  function submit(event) {
    event.preventDefault();
    if (!answer.point()) answer.form().requestSubmit();
  }

  // --- guidelines and the list of keys ---------------------------------------------------------

  const drawer = () => $(".drawer");

  function toggleDrawer(event) {
    event.preventDefault();
    const open = drawer().classList.toggle("open");
    const opener = $("[data-drawer]");
    opener.setAttribute("aria-expanded", String(open));
    (open ? drawer() : opener).focus();
  }

  function openKeys(event) {
    event.preventDefault();
    $("[data-keys-switch]").checked = !root.classList.contains("keyless");
    $("#keys").showModal();
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer], [data-close-drawer]")) toggleDrawer(event);
    else if (event.target.closest("[data-keys]")) openKeys(event);
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-keys-switch]")) return;
    root.classList.toggle("keyless", !target.checked);
    kept.set("keys", target.checked ? "on" : "off");
  });
})();
