// The heartbeat: while somebody sits here, their comparisons stay theirs and the pace line stays true.
(() => {
  const { bar, clock, courier, desk, giving } = window.tandem;
  const EVERY = 60_000;

  async function beat() {
    const { shown, held } = desk.inHand();
    if (!giving.working() || !clock.present()) return;
    const result = await courier.ask(document.body.dataset.beatUrl, [["shown", shown], ["held", held.join(",")]]);
    courier.report(result);
    if (!result.data || !giving.working()) return;
    bar.pace(result.data.pace_html, giving.unsent());
    desk.drop(result.data.lost.map(String));
  }

  setInterval(beat, EVERY);
})();
