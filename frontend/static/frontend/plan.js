// The slider says at once where it stands; the page's figures follow from the server.
(() => {
  const form = document.querySelector("form[data-words]");
  if (!form) return;
  const words = JSON.parse(document.getElementById(form.dataset.words).textContent);
  const slider = form.querySelector("input[type=range]");
  const told = form.querySelector("output");

  function tell() {
    const text = words[slider.valueAsNumber];
    told.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    slider.style.setProperty("--at", `${(100 * slider.valueAsNumber) / slider.max}%`);
  }

  slider.addEventListener("input", tell);
  tell();
})();
