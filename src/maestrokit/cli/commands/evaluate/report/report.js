"use strict";
// Tables: the heading of a column is a button that sorts; what has no value comes last.
for (const table of document.querySelectorAll("table.sorts")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    if ("fixed" in heading.dataset) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(table, headings, column));
  });
}

function sort(table, headings, column) {
  const heading = headings[column], body = table.tBodies[0];
  const isNumber = heading.classList.contains("number");
  const descends = heading.getAttribute("aria-sort") === (isNumber ? "descending" : "ascending") ? !isNumber : isNumber;
  const key = (row) => {
    const cell = row.cells[column];
    if (!isNumber) return cell.textContent;
    return "value" in cell.dataset ? Number(cell.dataset.value) : null;
  };
  const rows = [...body.rows].map((row) => [key(row), row]);
  rows.sort(([one], [other]) => {
    if (one === null || other === null) return (one === null) - (other === null);
    const order = isNumber ? one - other : one.localeCompare(other, "en", { numeric: true });
    return descends ? -order : order;
  });
  body.append(...rows.map(([, row]) => row));
  for (const other of headings) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descends ? "descending" : "ascending");
}

// Players: a line in the piano roll is where the sound is; only one plays at a time.
const players = [...document.querySelectorAll("audio")];
for (const player of players) {
  const example = player.closest(".example");
  const head = example.querySelector(".head"), seconds = Number(example.dataset.seconds);
  const move = () => {
    const share = `${Math.min(100 * player.currentTime / seconds, 100)}%`;
    head.setAttribute("x1", share);
    head.setAttribute("x2", share);
    head.classList.toggle("on", player.currentTime > 0 && player.currentTime <= seconds);
    if (!player.paused) requestAnimationFrame(move);
  };
  player.addEventListener("play", () => {
    for (const other of players) if (other !== player) other.pause();
    move();
  });
  player.addEventListener("seeked", move);
}
