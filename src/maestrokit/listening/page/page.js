"use strict";
(() => {
  const kit = JSON.parse(document.getElementById("kit").textContent);
  const main = document.getElementById("main");
  const scales = new Map(kit.scales.map((scale) => [scale.name, scale]));
  const storeName = "maestrokit-listening-" + kit.kit;
  let memory = null; // where there is no storage, progress lasts as long as the page
  let isKept = true;

  function load() {
    try {
      return JSON.parse(localStorage.getItem(storeName));
    } catch {
      return memory;
    }
  }

  function save(state) {
    memory = state;
    try {
      localStorage.setItem(storeName, JSON.stringify(state));
      isKept = true;
    } catch {
      isKept = false;
    }
  }

  function forget() {
    memory = null;
    try {
      localStorage.removeItem(storeName);
    } catch {
      return;
    }
  }

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  function show(title, ...children) {
    const heading = element("h1", { tabindex: "-1" }, title);
    main.replaceChildren(heading, ...children.filter((child) => child !== null));
    window.scrollTo(0, 0);
    heading.focus();
  }

  function progress(state) {
    const count = state ? sequence(state).length : 0;
    document.getElementById("progress").hidden = !state || state.step < 0 || state.step > count;
    if (!state || state.step < 0) return;
    const done = Math.min(state.step, count);
    document.getElementById("bar").max = count;
    document.getElementById("bar").value = done;
    document.getElementById("count").textContent = done + " of " + count + " done";
  }

  const sequence = (state) => kit.sequences[state.number % kit.sequences.length];
  const letter = (place) => String.fromCharCode(65 + place);
  const seconds = () => performance.now() / 1000;
  const alertLine = () => element("p", { class: "alert", role: "alert" });

  function player(clip, name) {
    const audio = element("audio", {
      controls: true, preload: "auto", src: "clips/" + clip + ".mp3", "aria-label": name,
    });
    const part = { clip, name, audio, plays: 0, isHeard: false, block: null };
    const failed = element("p", { class: "alert", role: "alert" });
    audio.addEventListener("play", () => {
      part.plays += 1;
      for (const other of main.querySelectorAll("audio")) if (other !== audio) other.pause();
    });
    const listened = () => {
      let heard = 0;
      for (let row = 0; row < audio.played.length; row += 1) heard += audio.played.end(row) - audio.played.start(row);
      if (audio.duration > 0 && heard >= 0.9 * audio.duration) part.isHeard = true;
    };
    for (const event of ["timeupdate", "pause", "ended"]) audio.addEventListener(event, listened);
    audio.addEventListener("error", () => {
      failed.textContent = "This clip cannot be played. Check the connection and load the page again; "
        + "your answers so far are kept.";
    });
    part.block = element("div", {}, element("h2", {}, name), audio, failed);
    return part;
  }

  function radios(name, question, choices) {
    const answers = choices.map(([value, label, words]) => element(
      "label", {}, element("input", {
        type: "radio", name, value: String(value), "aria-label": words ? label + ", " + words : null,
      }), element("span", {}, label),
    ));
    const kind = choices.length > 7 ? "answers many" : "answers";
    const ends = [choices[0][2], choices[choices.length - 1][2]];
    const block = element(
      "fieldset", {}, element("legend", {}, question), element("div", { class: kind }, ...answers),
      ends.some(Boolean) ? element("div", { class: "ends", "aria-hidden": "true" },
        ...ends.map((words) => element("span", {}, words))) : null,
    );
    return {
      block, question,
      value: () => {
        const chosen = block.querySelector("input:checked");
        return chosen ? Number(chosen.value) : null;
      },
      focus: () => block.querySelector("input").focus(),
    };
  }

  function slider(name, question, scale) {
    const middle = Math.round((scale.low + scale.high) / 2);
    let isMoved = false;
    const shown = element("output", { for: name }, "not rated");
    const input = element("input", {
      type: "range", id: name, min: scale.low, max: scale.high, step: 1, value: middle, "aria-label": question,
      "aria-valuetext": "not rated",
    });
    const moved = () => {
      isMoved = true;
      shown.textContent = input.value;
      input.setAttribute("aria-valuetext", input.value);
    };
    for (const event of ["input", "change", "click", "keydown"]) {
      input.addEventListener(event, (happened) => {
        if (event !== "keydown" || happened.key === "Enter" || happened.key === " ") moved();
      });
    }
    const ends = element(
      "div", { class: "ends" }, element("span", {}, scale.low + " " + scale.low_label),
      element("span", {}, scale.high + " " + scale.high_label),
    );
    const block = element(
      "fieldset", {}, element("legend", {}, shown, question), element("div", { class: "slider" }, input, ends),
    );
    return { block, question, value: () => (isMoved ? Number(input.value) : null), focus: () => input.focus() };
  }

  function control(scale, name, question) {
    if (scale.high - scale.low > kit.most_radios) return slider(name, question, scale);
    const choices = [];
    for (let value = scale.low; value <= scale.high; value += 1) {
      const label = value === scale.low ? scale.low_label : value === scale.high ? scale.high_label : "";
      const isWord = scale.high - scale.low === 1 && label;
      choices.push(isWord ? [value, label, ""] : [value, String(value), label]);
    }
    return radios(name, question, choices);
  }

  function controls(trial, parts) {
    const asked = [];
    for (const name of trial.scales) {
      const scale = scales.get(name);
      if (kit.design === "pairs" && trial.kind === "rated") {
        const choice = radios(name, scale.question, parts.map((part, place) => [place, part.name, ""]));
        asked.push({ ...choice, name, values: () => Object.fromEntries(
          parts.map((part, place) => [part.clip, Number(choice.value() === place)])) });
        continue;
      }
      for (const part of parts) {
        const question = parts.length > 1 ? part.name + ": " + scale.question : scale.question;
        const one = control(scale, name + "-" + part.clip, question);
        asked.push({ ...one, name, values: () => ({ [part.clip]: one.value() }) });
      }
    }
    return asked;
  }

  function judge(title, hint, trial, order, finish) {
    const clips = order.map((place) => trial.clips[place]);
    const parts = clips.map((clip, place) => player(clip, clips.length > 1 ? "Clip " + letter(place) : "Clip"));
    const reference = trial.reference ? [player(trial.reference, "Reference")] : [];
    const asked = controls(trial, parts);
    const message = alertLine();
    const began = seconds();
    const next = () => {
      const unheard = [...reference, ...parts].find((part) => !part.isHeard);
      const missing = asked.find((one) => one.value() === null);
      if (unheard) {
        message.textContent = "Please listen to the whole of " + unheard.name.toLowerCase().replace(/ ([a-z])$/,
          (letters) => letters.toUpperCase()) + " first.";
        unheard.audio.focus();
      } else if (missing) {
        message.textContent = "Please answer: " + missing.question;
        missing.focus();
      } else {
        const values = {};
        for (const one of asked) values[one.name] = { ...values[one.name], ...one.values() };
        finish({
          trial: trial.id, values, seconds: Math.round((seconds() - began) * 10) / 10,
          plays: parts.reduce((sum, part) => sum + part.plays, 0),
        });
      }
    };
    const columns = element("div", { class: parts.length === 2 ? "clips two" : "clips" });
    columns.append(...[...reference, ...parts].map((part) => part.block));
    show(
      title, hint ? element("p", { class: "hint" }, hint) : null, columns, ...asked.map((one) => one.block), message,
      element("button", { type: "button", click: next }, "Next"),
    );
  }

  function consent() {
    progress(null);
    const agree = element("input", { type: "checkbox", id: "agree" });
    const message = alertLine();
    const start = element("button", { type: "button" }, "Begin");
    start.addEventListener("click", async () => {
      if (!agree.checked) {
        message.textContent = "Please tick the box if you agree, or close this page.";
        agree.focus();
        return;
      }
      start.disabled = true; // each click would take another number
      const given = await listener();
      const state = { ...given, id: randomName(), step: -2, answers: [] };
      save(state);
      go(state);
    });
    show(
      "About this test", ...document.getElementById("information").content.cloneNode(true).children,
      element("label", { class: "agree" }, agree, element("span", {}, "I have read this, and I agree to take part.")),
      message, start,
    );
  }

  function randomName() {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function listener() {
    const wanted = new URLSearchParams(location.search).get("listener");
    let given = { number: crypto.getRandomValues(new Uint32Array(1))[0] % kit.sequences.length, server: null };
    if (location.protocol.startsWith("http")) {
      try {
        const answer = await fetch("listener", { method: "POST" });
        const told = answer.ok ? await answer.json() : {};
        if (Number.isInteger(told.number) && told.answers === "answers") given = { number: told.number, server: "answers" };
      } catch {
        // any other server: nobody counts the listeners
      }
    }
    return wanted !== null && /^\d{1,6}$/.test(wanted) ? { ...given, number: Number(wanted) } : given;
  }

  function soundCheck(state) {
    const part = player(kit.training.clips[0], "Clip");
    const message = alertLine();
    const next = () => {
      if (!part.isHeard) {
        message.textContent = "Please listen to the whole clip first.";
        part.audio.focus();
        return;
      }
      advance(state);
    };
    show(
      "Sound check",
      element("p", {}, "Please use headphones if you can, in a quiet place. Play this clip and set the volume so that it "
        + "is comfortable; then leave the volume as it is."),
      part.block, message, element("button", { type: "button", click: next }, "I hear it well"),
    );
  }

  function training(state) {
    judge(
      "Practice", "This one does not count. Listen to the whole, as often as you like, and then answer.", kit.training,
      kit.training.clips.map((_, place) => place), () => advance(state),
    );
  }

  function trial(state) {
    const [row, order] = sequence(state)[state.step];
    const one = kit.trials[row];
    const hint = one.kind === "rated" ? "" : "A short check. It sounds different from the others.";
    judge("Number " + (state.step + 1), hint, one, order, (answer) => {
      state.answers.push(answer);
      advance(state);
    });
  }

  function advance(state) {
    state.step += 1;
    save(state);
    go(state);
  }

  function report(state) {
    return JSON.stringify({
      format: "maestrokit-answers", version: 1, kit: kit.kit, listener: state.id, number: state.number,
      answers: state.answers,
    });
  }

  async function send(address, text) {
    try {
      const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: text });
      return answer.ok;
    } catch {
      return false;
    }
  }

  function download(text, name) {
    const link = element("a", { class: "button", download: name }, "Save my answers as a file");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    return link;
  }

  async function end(state) {
    const text = report(state);
    const addresses = [state.server, kit.post].filter((address) => address);
    const status = element("p", { role: "status", id: "status" });
    const link = download(text, "answers-" + state.id + ".json");
    const sent = new Set(state.sent);
    const isSent = () => addresses.length > 0 && addresses.every((address) => sent.has(address));
    const again = element("button", { type: "button", class: "plain", click: () => {
      if (!isSent() && !window.confirm("This deletes the answers from this browser. Is the file with them saved?")) return;
      forget();
      consent();
    } }, "Begin anew for another listener");
    show("Thank you", status, link, again);
    if (!state.isSaved) link.click();
    state.isSaved = true;
    save(state);
    if (!addresses.length) {
      status.textContent = "Your answers were saved as a file on this device. Please send it to who asked you.";
      return;
    }
    status.textContent = "Your answers are being sent.";
    await Promise.all(addresses.filter((address) => !sent.has(address)).map(async (address) => {
      if (await send(address, text)) sent.add(address);
    }));
    if (link.isConnected) save({ ...state, sent: [...sent] }); // else another listener has begun
    status.textContent = isSent()
      ? "Your answers were sent. You can close this page."
      : "Your answers could not be sent. Please send the file that was saved to who asked you, or load this page again to try once more.";
  }

  function go(state) {
    progress(state);
    if (!state) consent();
    else if (state.step === -2) soundCheck(state);
    else if (state.step === -1) training(state);
    else if (state.step < sequence(state).length) trial(state);
    else end(state);
  }

  window.addEventListener("beforeunload", (event) => {
    if (memory && !isKept) event.preventDefault(); // the browser asks whether to leave
  });

  go(load());
})();
