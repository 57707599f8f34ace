// The heartbeat: while somebody sits here, their comparisons stay theirs and the pace line stays true.
(() => {
  const { bar, clock, courier, desk, giving } = window.tandem;
  const EVERY = 60_000;
  const LOOK = 5000; // how soon one that is late is made up for, after the computer slept or somebody came back
  let last = Date.now();

  async function beat() {
    if (!giving.working()) return;
    last = Date.now();
    const { shown, held } = desk.inHand();
    const result = await courier.ask(document.body.dataset.beatUrl, [["shown", shown], ["held", held.join(",")]]);
    courier.report(result);
    if (!result.data || !giving.working()) return;
    bar.pace(result.data.pace_html, giving.unsent());
    desk.drop(result.data.lost.map(String));
    desk.renewed();
  }

  const look = () => clock.present() && Date.now() - last >= EVERY && beat();

  setInterval(look, LOOK);
  document.addEventListener("visibilitychange", look);

  window.tandem.beat = beat;
})();
